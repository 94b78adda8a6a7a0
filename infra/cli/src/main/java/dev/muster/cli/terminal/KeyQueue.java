package dev.muster.cli.terminal;

import java.util.Arrays;

/**
 * What was typed and is not yet on its way: in order, bounded, and kept while there is no terminal to type into. Nothing of it is lost silently: what does not
 * fit is refused. Thread-safe.
 */
final class KeyQueue {
    /** As much as may wait. */
    static final int BYTES_MAX = 1 << 20;

    /** How long a reader of keys waits for room while what waits does not get less. */
    private static final long STUCK_MS = 2_000;

    private byte[] waiting = {};
    private boolean open;
    private long taken;

    /** Adds keys. While the queue is open and moves, this waits for room, so that a large paste is as slow as its way. */
    synchronized boolean offer(byte[] keys) throws InterruptedException {
        while (waiting.length + keys.length > BYTES_MAX) {
            long before = taken;
            if (!open) {
                return false;
            }
            wait(STUCK_MS);
            if (taken == before) {
                return false;
            }
        }
        append(keys);
        return true;
    }

    /** Adds the last keys, without a wait. They may go beyond the bound once, by one read. */
    synchronized void offerLast(byte[] keys) {
        append(keys);
    }

    private void append(byte[] keys) {
        byte[] longer = Arrays.copyOf(waiting, waiting.length + keys.length);
        System.arraycopy(keys, 0, longer, waiting.length, keys.length);
        waiting = longer;
        notifyAll();
    }

    /** The next keys, once the queue is open and has some. */
    synchronized byte[] take(int bytesMax) throws InterruptedException {
        while (!open || waiting.length == 0) {
            wait();
        }
        byte[] next = Arrays.copyOf(waiting, Math.min(bytesMax, waiting.length));
        waiting = Arrays.copyOfRange(waiting, next.length, waiting.length);
        taken += next.length;
        notifyAll();
        return next;
    }

    /** Takes back what could not be sent, to be the next. */
    synchronized void putBack(byte[] keys) {
        byte[] longer = Arrays.copyOf(keys, keys.length + waiting.length);
        System.arraycopy(waiting, 0, longer, keys.length, waiting.length);
        waiting = longer;
    }

    /** There is a terminal to type into, or none now. */
    synchronized void setOpen(boolean now) {
        open = now;
        notifyAll();
    }

    synchronized int size() {
        return waiting.length;
    }
}
