package dev.muster.bench.fanout;

import dev.muster.bench.report.Waiting;
import java.io.IOException;

/** Publishes at a fixed rate, by the clock and not by the answers. */
final class Publishing {
    private final Viewers viewers;
    private long next;

    Publishing(Viewers viewers) {
        this.viewers = viewers;
    }

    /** Returns how many were published. */
    long run(Peer peer, int perSecond, double seconds) throws IOException {
        long count = Math.round(perSecond * seconds);
        long begin = System.nanoTime();
        for (long i = 0; i < count; i++) {
            long due = begin + i * 1_000_000_000L / perSecond;
            Waiting.sleepUntil(due);
            viewers.intend(next, due);
            peer.publish(next++);
        }
        return count;
    }

    long next() {
        return next;
    }
}
