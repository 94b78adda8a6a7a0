package dev.muster.agent.link;

import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.LongSupplier;
import java.util.function.ObjIntConsumer;

/**
 * Keystrokes for a terminal that does not exist yet. Input and commands come from different topics, so early keystrokes
 * may overtake the command that starts the terminal. They are held for a moment, in order, and then dropped. Confined
 * to its executor.
 */
final class EarlyInput {
    /**
     * Longer than a command takes while a registry fails over and a busy machine starts a shell. Shorter than a user is
     * ready to wait.
     */
    static final long HOLD_MILLIS = 10_000;

    static final int BYTES_MAX = 64 * 1_024;
    private static final long AGAIN_MILLIS = 20;

    private final BiPredicate<String, byte[]> terminals;
    private final ObjIntConsumer<String> dropped;
    private final ScheduledExecutorService executor;
    private final LongSupplier nanoClock;
    private final Map<String, Held> held = new HashMap<>();
    private int heldBytes;

    private record Held(ByteArrayOutputStream bytes, long sinceNanos) {}

    /**
     * @param terminals takes input for a terminal; returns false while no terminal accepts any
     * @param dropped told of a terminal and how many bytes of its input were dropped
     */
    EarlyInput(
            BiPredicate<String, byte[]> terminals,
            ObjIntConsumer<String> dropped,
            ScheduledExecutorService executor,
            LongSupplier nanoClock) {
        this.terminals = terminals;
        this.dropped = dropped;
        this.executor = executor;
        this.nanoClock = nanoClock;
    }

    /** False if it was dropped because too much input waits. */
    boolean type(String terminalId, byte[] bytes) {
        Held before = held.get(terminalId);
        if (before == null && terminals.test(terminalId, bytes)) {
            return true;
        }
        if (heldBytes + bytes.length > BYTES_MAX) {
            dropped.accept(terminalId, bytes.length);
            return false;
        }
        if (before == null) {
            before = new Held(new ByteArrayOutputStream(), nanoClock.getAsLong());
            held.put(terminalId, before);
        }
        before.bytes().writeBytes(bytes);
        heldBytes += bytes.length;
        if (held.size() == 1) {
            again();
        }
        return true;
    }

    private void again() {
        var unused = executor.schedule(this::retry, AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void retry() {
        Iterator<Map.Entry<String, Held>> all = held.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<String, Held> entry = all.next();
            byte[] bytes = entry.getValue().bytes().toByteArray();
            boolean late =
                    nanoClock.getAsLong() - entry.getValue().sinceNanos() > TimeUnit.MILLISECONDS.toNanos(HOLD_MILLIS);
            boolean taken = terminals.test(entry.getKey(), bytes);
            if (!taken && late) {
                dropped.accept(entry.getKey(), bytes.length);
            }
            if (taken || late) {
                heldBytes -= bytes.length;
                all.remove();
            }
        }
        if (!held.isEmpty()) {
            again();
        }
    }
}
