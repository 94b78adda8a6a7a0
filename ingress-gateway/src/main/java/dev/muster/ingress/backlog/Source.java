package dev.muster.ingress.backlog;

/** One stream of output, as the backlog of its partition knows it. Thread-safe. */
public interface Source {
    /**
     * The broker holds a record of the stream.
     *
     * @param offset its place in the partition
     */
    void stored(long offset, long recordBytes);

    /** Whether the registry is close enough behind this stream for more of it. */
    boolean mayGoOn();

    /**
     * Calls {@code wake} once, when more is known, maybe at once.
     *
     * @param wake must only hand over to another thread
     */
    void awaitProgress(Runnable wake);
}
