package dev.muster.kit.kafka;

/** The topics are not as required. The message says what to do. */
public final class TopicsException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public TopicsException(String message) {
        super(message);
    }
}
