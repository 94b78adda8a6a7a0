package dev.muster.fanout;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes what was opened, the last part first. A part that fails to close does not keep the others open. Confined to
 * one thread.
 */
final class Closer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Closer.class);

    private final Deque<Runnable> parts = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T part) {
        parts.push(() -> {
            try {
                part.close();
            } catch (Exception e) {
                throw new IllegalStateException(
                        "could not be closed: " + part.getClass().getSimpleName(), e);
            }
        });
        return part;
    }

    <T> T add(T part, Consumer<T> close) {
        parts.push(() -> close.accept(part));
        return part;
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().run();
            } catch (RuntimeException e) {
                log.atWarn().setCause(e).log("a part did not close");
            }
        }
    }
}
