package dev.muster.bench.recovery;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How long a viewer sees nothing new when a part dies: an agent prints a line every 50 ms, a viewer watches it, a part
 * is killed, and the longest time between two new lines is taken. If the part has a twin it is started again only
 * afterwards. The others are started again at once, so their figure includes the start of a process. The baseline is
 * the same with SIGTERM instead of SIGKILL, or with {@code --quick} the longest time while nothing was killed.
 */
final class RecoveryBench implements Benchmark.Body {
    private static final int PROBE_MILLIS = 50;
    private static final double REGISTRY_BAR_MILLIS = 5_000;
    private static final int ROUNDS = 3;
    /** After which no other part is killed: what is left then is reported as left out. */
    private static final long QUICK_LAST_START_SECONDS = 600;

    private static final long LAST_START_SECONDS = 3_600;
    private static final long SETTLE_MILLIS = 2_000;
    private static final long TURN_MILLIS = 1_000;
    private static final double WARM_UP_SECONDS_MAX = 30;
    private static final double FLOWING_MILLIS_MIN = 300;
    private static final double FLOWING_BY_STEADY = 3;
    private static final long GIVE_UP_SECONDS = 120;

    private static final String NOTHING = "nothing dies";
    private static final String BROKEN = "lines that are missing or changed without a word";

    private final boolean quick;
    private final Progress progress;
    private final long beganNanos = System.nanoTime();
    /** Lines flow while none is missing for longer than that. */
    private double flowingMillis = GIVE_UP_SECONDS * 1_000.0;

    RecoveryBench(boolean quick, Progress progress) {
        this.quick = quick;
        this.progress = progress;
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

        Owed owed() {
            return Owed.lower(title, "ms", bar);
        }

        boolean hasTwin() {
            return this == REGISTRY || this == FANOUT || this == INGRESS;
        }
    }

    @Override
    public void run(Figures figures, Calibration calibration) throws IOException, InterruptedException {
        figures.owe(NOTHING, List.of(Owed.lower(NOTHING, "ms", null)));
        for (Victim victim : Victim.values()) {
            figures.owe(victim.title, List.of(victim.owed()));
        }
        figures.owe(BROKEN, List.of(Owed.lower(BROKEN, "lines", 0.0)));
        Path directory = Files.createTempDirectory("muster-bench-recovery");
        progress.say("starting a broker, two of each service and an agent");
        try (Installation muster = Installation.start(directory, 2, 2, 2)) {
            String nodeId = muster.startAgent("probe");
            Ledger ledger = new Ledger(directory.resolve("stop"), 1, PROBE_MILLIS);
            String task = muster.api(1).startTask(nodeId, ledger.command(), "probe");
            try (Viewer viewer = new Viewer(List.of(muster.api(1), muster.api(2)), nodeId, task)) {
                awaitFlow(viewer);
                measure(muster, viewer, nodeId, figures, calibration);
                viewer.breaches().forEach(progress::say);
                figures.add(Owed.lower(BROKEN, "lines", 0.0)
                        .measured((double) viewer.breaches().size(), null));
            } finally {
                ledger.end();
            }
        } finally {
            delete(directory);
        }
    }

    private void measure(Installation muster, Viewer viewer, String nodeId, Figures figures, Calibration calibration)
            throws IOException, InterruptedException {
        calibration.warmUp("lines at the viewer", "1/s", WARM_UP_SECONDS_MAX, () -> {
            long before = viewer.next();
            long begin = System.nanoTime();
            TimeUnit.MILLISECONDS.sleep(TURN_MILLIS);
            return (viewer.next() - before) / ((System.nanoTime() - begin) / 1e9);
        });
        viewer.startClock();
        TimeUnit.MILLISECONDS.sleep(quick ? SETTLE_MILLIS : 3 * SETTLE_MILLIS);
        double steady = viewer.freezeMillis();
        figures.add(Owed.lower(NOTHING, "ms", null).measured(steady, null));
        flowingMillis = Math.max(FLOWING_MILLIS_MIN, FLOWING_BY_STEADY * steady);
        calibration.note("lines count as flowing with none missing for", flowingMillis, "ms");
        long lastStartSeconds = quick ? QUICK_LAST_START_SECONDS : LAST_START_SECONDS;
        for (Victim victim : Victim.values()) {
            if (System.nanoTime() - beganNanos > TimeUnit.SECONDS.toNanos(lastStartSeconds)) {
                figures.leaveOut(victim.title, "left out: " + lastStartSeconds + " s were over before its turn");
                continue;
            }
            figures.attempt(victim.title, () -> figures.add(kill(muster, viewer, nodeId, victim, steady)));
        }
    }

    private Figure kill(Installation muster, Viewer viewer, String nodeId, Victim victim, double steady)
            throws IOException, InterruptedException {
        muster.startEnded();
        awaitFlow(viewer);
        double worst = 0;
        double planned = quick ? steady : 0;
        for (int round = 0; round < (quick ? 1 : ROUNDS); round++) {
            if (!quick) {
                planned = Math.max(planned, freeze(muster, viewer, nodeId, victim, round, false));
            }
            worst = Math.max(worst, freeze(muster, viewer, nodeId, victim, round, true));
        }
        progress.say(String.format(Locale.ROOT, "%s: frozen for %.0f ms", victim.title, worst));
        return victim.owed().measured(worst, planned);
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
                // the only one: its twin stays away, so that no other can take over
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
        throw new WaitRanOut("no registry owned the probe within " + GIVE_UP_SECONDS + " s");
    }

    /** New lines come, and have come for a moment: what was on its way when the part died is through. */
    private void awaitFlow(Viewer viewer) throws InterruptedException {
        long began = System.nanoTime();
        TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
        while (viewer.next() == 0 || viewer.silentMillis() > flowingMillis) {
            if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(GIVE_UP_SECONDS)) {
                throw new WaitRanOut("a viewer saw nothing new for " + viewer.silentMillis() + " ms; its sockets: "
                        + viewer.sockets());
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
