package dev.muster.registry.streams;

/** A record that cannot be read; the message is the reason in its dead letter. */
public final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Unreadable(String reason) {
        super(reason);
    }
}
