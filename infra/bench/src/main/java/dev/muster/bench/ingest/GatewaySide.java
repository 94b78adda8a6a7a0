package dev.muster.bench.ingest;

import dev.muster.bench.cluster.CpuMeter;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.OutputLoad;
import dev.muster.bench.load.OutputStreamLoad;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.bench.report.Waiting;
import dev.muster.contract.ids.Ids;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Agents that print through gateways, one gateway for each compression. Every agent's output has its own connection.
 */
final class GatewaySide implements Side {
    private static final int SETTLE_MILLIS = 300;
    private static final int WINDOW_BYTES = 512 * 1_024;

    private final Map<String, Gateway> gateways;
    private final byte[] log;
    private final CpuMeter cpu;
    private final Ids ids = new Ids();

    /** Where the agents of one compression are connected. */
    record Gateway(int port, Channels channels, SimFleet fleet, List<SimNode> nodes) {}

    GatewaySide(Map<String, Gateway> gateways, byte[] log, CpuMeter cpu) {
        this.gateways = Map.copyOf(gateways);
        this.log = log;
        this.cpu = cpu;
    }

    @Override
    public Window run(int chunkBytes, String compression, int millis) throws InterruptedException {
        Gateway gateway = gateways.get(compression);
        if (gateway == null) {
            throw new IllegalArgumentException(compression);
        }
        try (OutputLoad load = new OutputLoad(gateway.port(), log)) {
            return run(gateway, load, chunkBytes, millis);
        } catch (IOException e) {
            throw new UncheckedIOException("a connection to the gateway", e);
        }
    }

    private Window run(Gateway gateway, OutputLoad load, int chunkBytes, int millis)
            throws IOException, InterruptedException {
        LongAdder acked = new LongAdder();
        List<OutputStreamLoad> streams = new ArrayList<>();
        for (int i = 0; i < gateway.nodes().size(); i++) {
            String terminal = ids.make(Ids.Kind.TASK, System.currentTimeMillis());
            streams.add(load.open(
                    gateway.nodes().get(i),
                    gateway.fleet().sessionOf(i),
                    new OutputLoad.Printing(terminal, chunkBytes, WINDOW_BYTES, acked)));
        }
        Thread.sleep(SETTLE_MILLIS);
        var unusedBefore = cpu.take();
        long from = acked.sum();
        long start = System.nanoTime();
        Thread.sleep(millis);
        Window window = IngestBench.window(acked.sum() - from, System.nanoTime() - start, cpu);
        streams.forEach(OutputStreamLoad::stop);
        boolean drained =
                Waiting.whileGrowing(acked::sum, () -> streams.stream().allMatch(OutputStreamLoad::isDrained));
        for (OutputStreamLoad stream : streams) {
            String ended = stream.ended();
            if (ended != null) {
                throw new IllegalStateException("an output stream ended: " + ended);
            }
        }
        if (!drained) {
            throw new WaitRanOut("what was printed was not all acknowledged, and no more of it within half a minute");
        }
        return window;
    }
}
