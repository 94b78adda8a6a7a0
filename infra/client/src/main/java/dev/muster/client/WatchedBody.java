package dev.muster.client;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The body of an answer. Reading fails when the next byte takes too long. The HTTP client itself has a deadline only
 * for the head of an answer.
 */
final class WatchedBody extends FilterInputStream {
    private static final int LOOKS = 4;

    /** One thread looks at all bodies of the process. It starts with the first body and keeps no process alive. */
    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private final long stallNanos;
    private final ScheduledFuture<?> looking;
    private volatile long waitingSince;
    private volatile boolean waiting;
    private volatile boolean stalled;

    WatchedBody(InputStream body, Duration stall) {
        super(body);
        stallNanos = stall.toNanos();
        long every = stallNanos / LOOKS;
        looking = TIMER.scheduleWithFixedDelay(this::look, every, every, TimeUnit.NANOSECONDS);
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "muster-client-deadlines");
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    private void look() {
        if (waiting && System.nanoTime() - waitingSince > stallNanos) {
            stalled = true;
            try {
                // wakes the reader
                in.close();
            } catch (IOException closing) {
                // the reader learns the reason anyway
            }
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        waitingSince = System.nanoTime();
        waiting = true;
        try {
            int n = in.read(bytes, offset, length);
            requireProgress();
            return n;
        } catch (IOException e) {
            requireProgress();
            throw e;
        } finally {
            waiting = false;
        }
    }

    private void requireProgress() throws HttpTimeoutException {
        if (stalled) {
            throw new HttpTimeoutException("the answer stopped in its middle");
        }
    }

    @Override
    public void close() throws IOException {
        looking.cancel(false);
        super.close();
    }
}
