package dev.muster.client;

import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import org.jspecify.annotations.Nullable;

/** Muster did not answer: it does not run, the connection broke, or a deadline passed. Trying again may help. */
public final class Unreachable extends ClientException {
    public Unreachable(String oneLine, Throwable cause) {
        super(oneLine, cause);
    }

    @Override
    public boolean isPassing() {
        return true;
    }

    /**
     * Whether Muster may have carried out the request. It cannot have if no server accepted the connection. A change
     * that may have been carried out is safe to repeat only if it has an idempotency key.
     */
    public boolean mayHaveHappened() {
        @Nullable Throwable cause = getCause();
        return !(cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException);
    }
}
