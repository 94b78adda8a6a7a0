package dev.muster.registry.terminal;

import dev.muster.registry.terminal.output.StepTime;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Counters of the terminal app. Every byte of data that arrives is counted in exactly one outcome of {@code
 * muster.terminal.bytes}, every marker in one of {@code muster.terminal.markers}. Every step that is accepted, and
 * every gap that is written for missing output, is counted in exactly one outcome of {@code muster.terminal.times}.
 * Thread-safe.
 */
final class TerminalMetrics {
    private final Outcomes bytes;
    private final Outcomes markers;
    private final Map<StepTime.Source, Counter> times = new EnumMap<>(StepTime.Source.class);
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
        for (StepTime.Source source : StepTime.Source.values()) {
            String outcome = source.name().toLowerCase(Locale.ROOT).replace('_', '-');
            times.put(source, registry.counter("muster.terminal.times", "outcome", outcome));
        }
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

    /** Where the time of a step comes from. */
    void time(StepTime.Source source) {
        Counter counter = times.get(source);
        if (counter != null) {
            counter.increment();
        }
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
