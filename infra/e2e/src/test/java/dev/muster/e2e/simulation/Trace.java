package dev.muster.e2e.simulation;

import java.util.ArrayDeque;
import java.util.function.Consumer;

/** The last things that happened. */
final class Trace {
    private static final int EVENTS_MAX = 60;

    private final ArrayDeque<String> events = new ArrayDeque<>();
    private final Consumer<String> notes;
    private long count;
    private int hash;

    Trace(Consumer<String> notes) {
        this.notes = notes;
    }

    void add(long atMillis, String event) {
        String line = "%9.3f  %s".formatted(atMillis / 1000.0, event);
        notes.accept(line);
        events.addLast(line);
        count++;
        hash = 31 * hash + line.hashCode();
        if (events.size() > EVENTS_MAX) {
            events.removeFirst();
        }
    }

    /** The same for two runs that were alike. */
    String fingerprint() {
        return count + ":" + Integer.toHexString(hash);
    }

    @Override
    public String toString() {
        return String.join("\n", events);
    }
}
