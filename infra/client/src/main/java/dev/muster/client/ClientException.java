package dev.muster.client;

/**
 * A request or a live feed failed. The message is one line for a user. {@link ApiException} means that Muster refused,
 * {@link Unreachable} that it did not answer. Any other means that the answer is not one of Muster's, or that the
 * calling thread was interrupted.
 */
public class ClientException extends RuntimeException {
    public ClientException(String oneLine) {
        super(oneLine);
    }

    public ClientException(String oneLine, Throwable cause) {
        super(oneLine, cause);
    }

    /** Whether the same request may succeed later. */
    public boolean isPassing() {
        return false;
    }

    /** As JSON and messages of exceptions have them, so that one line can quote them. */
    static String oneLine(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "no reason given" : text.replaceAll("\\s+", " ").strip();
    }
}
