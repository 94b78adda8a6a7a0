package dev.muster.bench.recovery;

import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Report;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How long one who watches sees nothing new when a part dies: an agent prints a line every 50 ms, a viewer watches it, a part is
 * killed, and the longest time between two new lines is taken. Where the part has a twin it is started again only afterwards; the
 * others are started again at once, so their figure has the start of a process in it. The baseline is the same with SIGTERM
 * instead of SIGKILL, or with {@code --quick} the longest time while nothing was killed.
 */
final class RecoveryBench {
    private static final int PROBE_MILLIS = 50;
    private static final double REGISTRY_BAR_MILLIS = 5_000;
    private static final int ROUNDS = 3;
    private static final long QUICK_LAST_START_NANOS = TimeUnit.SECONDS.toNanos(38);
    private static final long SETTLE_MILLIS = 2_000;
    private static final long FLOWING_MILLIS = 300;
    private static final long GIVE_UP_SECONDS = 120;

    private final boolean quick;
    private final PrintStream err;
    private final long beganNanos = System.nanoTime();

    RecoveryBench(boolean quick, PrintStream err) {
        this.quick = quick;
        this.err = err;
    }

    /** What is killed together. */
    private enum Victim {
        REGISTRY("registry 1 of 2", REGISTRY_BAR_MILLIS),
        FANOUT("fan-out 1 of 2", null),
        INGRESS("ingress 1 of 2", null),
        BROKER("the broker", null),
        REGISTRIES("the only registry", null);

        private final String title;
        private final @Nullable Double bar;

        Victim(String title, @Nullable Double bar) {
            this.title = title;
            this.bar = bar;
        }

        boolean hasTwin() {
            return this == REGISTRY || this == FANOUT || this == INGRESS;
        }
    }

    Report run() throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("muster-bench-recovery");
        err.println("starting a broker, two of each service and an agent");
        try (Installation muster = Installation.start(directory, 2, 2, 2)) {
            String nodeId = muster.startAgent("probe");
            Ledger ledger = new Ledger(directory.resolve("stop"), 1, PROBE_MILLIS);
            String task = muster.api(1).startTask(nodeId, ledger.command(), "probe");
            try (Viewer viewer = new Viewer(List.of(muster.api(1), muster.api(2)), nodeId, task)) {
                awaitFlow(viewer);
                return new Report("recovery", quick, figures(muster, viewer, nodeId));
            } finally {
                ledger.end();
            }
        } finally {
            delete(directory);
        }
    }

    private List<Figure> figures(Installation muster, Viewer viewer, String nodeId)
            throws IOException, InterruptedException {
        viewer.startClock();
        TimeUnit.MILLISECONDS.sleep(quick ? SETTLE_MILLIS : 3 * SETTLE_MILLIS);
        double steady = viewer.freezeMillis();
        List<Figure> figures = new ArrayList<>();
        figures.add(Figure.lowerIsBetter("nothing dies", steady, "ms", null, null));
        for (Victim victim : Victim.values()) {
            if (quick && System.nanoTime() - beganNanos > QUICK_LAST_START_NANOS) {
                err.println("left out, because it would take longer than a minute: " + victim.title);
                continue;
            }
            double worst = 0;
            double planned = quick ? steady : 0;
            for (int round = 0; round < (quick ? 1 : ROUNDS); round++) {
                if (!quick) {
                    planned = Math.max(planned, freeze(muster, viewer, nodeId, victim, round, false));
                }
                worst = Math.max(worst, freeze(muster, viewer, nodeId, victim, round, true));
            }
            err.printf("%s: frozen for %.0f ms%n", victim.title, worst);
            figures.add(Figure.lowerIsBetter(victim.title, worst, "ms", planned, victim.bar));
        }
        return figures;
    }

    private double freeze(Installation muster, Viewer viewer, String nodeId, Victim victim, int round, boolean hard)
            throws IOException, InterruptedException {
        double worst = 0;
        for (List<String> parts : parts(muster, nodeId, victim, round)) {
            viewer.startClock();
            for (String part : parts) {
                if (hard) {
                    muster.part(part).kill();
                } else {
                    muster.part(part).stop();
                }
            }
            if (!victim.hasTwin()) {
                // the only one: its twin stays away, so that nobody can take over
                muster.startPart(parts.get(0));
            }
            awaitFlow(viewer);
            worst = Math.max(worst, (double) viewer.freezeMillis());
            for (String part : parts) {
                if (!muster.part(part).isAlive()) {
                    muster.startPart(part);
                }
            }
            awaitFlow(viewer);
        }
        return worst;
    }

    /** One after the other, those that go together; which of two has the probe is only known of registries. */
    private static List<List<String>> parts(Installation muster, String nodeId, Victim victim, int round)
            throws InterruptedException {
        return switch (victim) {
            case REGISTRY -> List.of(List.of(owner(muster, nodeId)));
            case FANOUT ->
                round == 0 ? List.of(List.of("fanout-1")) : List.of(List.of("fanout-2"), List.of("fanout-1"));
            case INGRESS -> List.of(List.of("ingress-1"), List.of("ingress-2"));
            case BROKER -> List.of(List.of("broker"));
            case REGISTRIES -> List.of(List.of("registry-1", "registry-2"));
        };
    }

    private static String owner(Installation muster, String nodeId) throws InterruptedException {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("muster-hop", Metadata.ASCII_STRING_MARSHALLER), "1");
        // the owner of the output: that of the node itself can be the other one
        ReadHistoryRequest request =
                ReadHistoryRequest.newBuilder().setNodeId(nodeId).setLines(1).build();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(GIVE_UP_SECONDS);
        while (System.nanoTime() < end) {
            for (String registry : List.of("registry-1", "registry-2")) {
                ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", muster.registryPort(registry))
                        .usePlaintext()
                        .build();
                try {
                    var unused = RegistryQueryGrpc.newBlockingStub(channel)
                            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                            .withDeadlineAfter(2, TimeUnit.SECONDS)
                            .readHistory(request);
                    return registry;
                } catch (StatusRuntimeException e) {
                    // the other one, or it moves
                } finally {
                    channel.shutdownNow();
                }
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new IllegalStateException("no registry owns the probe");
    }

    /** New lines come, and have come for a moment: what was on its way when the part died is through. */
    private static void awaitFlow(Viewer viewer) throws InterruptedException {
        long began = System.nanoTime();
        TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
        while (viewer.next() == 0 || viewer.silentMillis() > FLOWING_MILLIS) {
            if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(GIVE_UP_SECONDS)) {
                throw new IllegalStateException("the viewer sees nothing new any more");
            }
            TimeUnit.MILLISECONDS.sleep(PROBE_MILLIS);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
