package dev.muster.cli.terminal;

import java.util.Arrays;

/**
 * Typed keys that are not yet sent: in order, bounded, and kept while there is no terminal to type into. No key is lost
 * silently: keys that do not fit are refused. Thread-safe.
 */
final class KeyQueue {
    /** The most bytes that may wait. */
    static final int BYTES_MAX = 1 << 20;

    /** How long a reader of keys waits for room while the queue does not shrink. */
    private static final long STUCK_MS = 2_000;

    private byte[] waiting = {};
    private boolean open;
    private long taken;

    /**
     * Adds keys. While the queue is open and shrinks, this waits for room, so a large paste goes as slowly as the
     * network accepts it.
     */
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

    /** Adds the last keys, without a wait. They may exceed the bound once, by one read. */
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

    /** Puts unsent keys back at the front. */
    synchronized void putBack(byte[] keys) {
        byte[] longer = Arrays.copyOf(keys, keys.length + waiting.length);
        System.arraycopy(waiting, 0, longer, keys.length, waiting.length);
        waiting = longer;
    }

    /** Says whether there is a terminal to type into. */
    synchronized void setOpen(boolean now) {
        open = now;
        notifyAll();
    }

    synchronized int size() {
        return waiting.length;
    }
}
