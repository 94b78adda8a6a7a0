package dev.muster.bench.ingest;

import java.util.Map;

/** One of two ways to bring bytes into the same broker. */
interface Side {
    /** What one window brought. */
    record Window(double megabytesPerSecond, Map<String, Double> cpuPerGigabyte) {}

    /** Runs for a while, counts what the broker has acknowledged, and leaves nothing under way. */
    Window run(int chunkBytes, String compression, int millis) throws InterruptedException;
}
