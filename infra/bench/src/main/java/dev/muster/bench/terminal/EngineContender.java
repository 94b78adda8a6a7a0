package dev.muster.bench.terminal;

import com.sun.management.ThreadMXBean;
import dev.muster.terminal.engine.TerminalEngine;
import dev.muster.terminal.engine.TerminalOptions;

/** The terminal engine at its default size, on this thread. */
final class EngineContender implements Contender {

    private final ThreadMXBean threads;
    private long textBytes;
    private double allocatedPerMegabyte;

    EngineContender(ThreadMXBean threads) {
        this.threads = threads;
    }

    @Override
    public String name() {
        return "engine";
    }

    @Override
    public long run(NamedCorpus corpus, int chunkBytes) {
        byte[] bytes = corpus.bytes();
        TerminalEngine engine =
                new TerminalEngine(TerminalOptions.defaults(), (number, utf8, offset, length) -> textBytes += length);
        long allocated = threads.getCurrentThreadAllocatedBytes();
        long start = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < bytes.length; i += chunkBytes) {
            engine.feed(bytes, i, Math.min(chunkBytes, bytes.length - i));
        }
        long nanos = threads.getCurrentThreadCpuTime() - start;
        allocatedPerMegabyte = (threads.getCurrentThreadAllocatedBytes() - allocated) / (bytes.length / 1e6);
        engine.end();
        return nanos;
    }

    /** Heap bytes allocated for each 10^6 bytes of input in the last run. */
    double allocatedPerMegabyte() {
        return allocatedPerMegabyte;
    }

    /** Bytes of text seen so far; keeps the work from being optimised away. */
    long textBytes() {
        return textBytes;
    }
}
