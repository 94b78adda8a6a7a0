package dev.muster.registry.terminal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Counters of the terminal app. Every byte of data that arrives is counted in exactly one outcome of {@code
 * muster.terminal.bytes}, every marker in one of {@code muster.terminal.markers}. Thread-safe.
 */
final class TerminalMetrics {
    private final Outcomes bytes;
    private final Outcomes markers;
    private final Counter gaps;
    private final Counter lostBytes;
    private final Counter lines;
    private final Counter deadLetters;
    private final Counter frames;
    private final Counter skips;
    private final Counter leases;
    private final Counter leasesRefused;

    /** What became of steps. */
    static final class Outcomes {
        private final Counter accepted;
        private final Counter repeated;
        private final Counter beyond;
        private final Counter refused;
        private final Counter otherInstance;
        private final Counter deletedNode;

        private Outcomes(MeterRegistry registry, String name) {
            accepted = registry.counter(name, "outcome", "accepted");
            repeated = registry.counter(name, "outcome", "repeated");
            beyond = registry.counter(name, "outcome", "beyond-mark");
            refused = registry.counter(name, "outcome", "refused");
            otherInstance = registry.counter(name, "outcome", "other-instance");
            deletedNode = registry.counter(name, "outcome", "deleted-node");
        }

        void accepted(long count) {
            accepted.increment((double) count);
        }

        void repeated(long count) {
            repeated.increment((double) count);
        }

        void beyond(long count) {
            beyond.increment((double) count);
        }

        void refused(long count) {
            refused.increment((double) count);
        }

        void otherInstance(long count) {
            otherInstance.increment((double) count);
        }

        void deletedNode(long count) {
            deletedNode.increment((double) count);
        }
    }

    TerminalMetrics(MeterRegistry registry) {
        bytes = new Outcomes(registry, "muster.terminal.bytes");
        markers = new Outcomes(registry, "muster.terminal.markers");
        gaps = registry.counter("muster.terminal.gaps");
        lostBytes = registry.counter("muster.terminal.lost.bytes");
        lines = registry.counter("muster.terminal.lines");
        deadLetters = registry.counter("muster.terminal.dead.letters");
        frames = registry.counter("muster.terminal.frames");
        skips = registry.counter("muster.terminal.frames.skipped");
        leases = registry.counter("muster.terminal.leases", "outcome", "taken");
        leasesRefused = registry.counter("muster.terminal.leases", "outcome", "refused");
    }

    Outcomes bytes() {
        return bytes;
    }

    Outcomes markers() {
        return markers;
    }

    /** Output was given up: an alarm. */
    void gap(long count) {
        gaps.increment();
        lostBytes.increment((double) count);
    }

    void lines(int count) {
        lines.increment((double) count);
    }

    void deadLetter() {
        deadLetters.increment();
    }

    void frame(boolean skipped) {
        (skipped ? skips : frames).increment();
    }

    void lease(boolean taken) {
        (taken ? leases : leasesRefused).increment();
    }
}
