package dev.muster.bench.terminal;

import dev.muster.terminal.engine.TerminalEngine;
import dev.muster.terminal.engine.TerminalOptions;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The terminal engine alone. One operation is one MB (10^6 bytes), so that operations per second are MB/s of wall time
 * and the profiler's {@code gc.alloc.rate.norm} is bytes allocated per MB.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EngineBenchmark {

    private static final int MEGABYTES = 4;
    private static final int CORPUS_BYTES = MEGABYTES * 1_000_000;

    @Param({"typical", "plain", "dense", "recordings"})
    String corpus = "";

    @Param({"256", "4096", "65536"})
    int chunkBytes;

    private byte[] bytes = {};
    private long textBytes;
    private TerminalEngine engine = engine();

    private TerminalEngine engine() {
        return new TerminalEngine(TerminalOptions.defaults(), (number, utf8, offset, length) -> textBytes += length);
    }

    @Setup
    public void makeCorpus() throws IOException {
        bytes = corpus.equals("recordings")
                ? Recordings.make(CORPUS_BYTES)
                : Arrays.copyOf(
                        Corpus.make(Corpus.Kind.valueOf(corpus.toUpperCase(Locale.ROOT)), CORPUS_BYTES), CORPUS_BYTES);
        engine = engine();
    }

    @Benchmark
    @OperationsPerInvocation(MEGABYTES)
    public long feed() {
        for (int i = 0; i < bytes.length; i += chunkBytes) {
            engine.feed(bytes, i, Math.min(chunkBytes, bytes.length - i));
        }
        return textBytes;
    }
}
