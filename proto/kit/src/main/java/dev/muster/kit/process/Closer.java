package dev.muster.kit.process;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes what was started, the latest first. What is added after the closing began is closed at once. Thread-safe. */
public final class Closer implements AutoCloseable {
    /**
     * Loaded on first use. Starting the log takes a third of a second, and a user whose port is taken should not wait
     * for it.
     */
    private static final class Log {
        static final Logger LOG = LoggerFactory.getLogger(Closer.class);
    }

    private record Part(String name, AutoCloseable what) {}

    private final Deque<Part> parts = new ArrayDeque<>();
    private final Object closing = new Object();
    private boolean closed;

    public <T extends AutoCloseable> T add(T what) {
        return add(what.getClass().getSimpleName(), what);
    }

    /** Adds something that is closed in another way than by its own method. */
    public <T> T add(T what, Consumer<T> close) {
        add(what.getClass().getSimpleName(), () -> close.accept(what));
        return what;
    }

    /** @throws StoppedException once the closing began */
    public <T extends AutoCloseable> T add(String name, T what) {
        Part part = new Part(name, what);
        boolean tooLate;
        synchronized (parts) {
            tooLate = closed;
            if (!tooLate) {
                parts.push(part);
            }
        }
        if (tooLate) {
            close(part);
            throw new StoppedException();
        }
        return what;
    }

    /** @throws StoppedException once the closing began */
    public void requireOpen() {
        synchronized (parts) {
            if (closed) {
                throw new StoppedException();
            }
        }
    }

    /** Closes everything. A second caller waits until the first one is done. */
    @Override
    public void close() {
        synchronized (parts) {
            closed = true;
        }
        synchronized (closing) {
            for (Part part = next(); part != null; part = next()) {
                close(part);
            }
        }
    }

    private @Nullable Part next() {
        synchronized (parts) {
            return parts.poll();
        }
    }

    private static void close(Part part) {
        try {
            part.what().close();
        } catch (Exception e) {
            // A part that fails to close must not stop the others from closing.
            Log.LOG.atError().setCause(e).addKeyValue("part", part.name()).log("part did not stop cleanly");
        }
    }

    /** The start was interrupted by a stop. */
    public static final class StoppedException extends RuntimeException {
        StoppedException() {
            super("stopped while starting");
        }
    }
}
