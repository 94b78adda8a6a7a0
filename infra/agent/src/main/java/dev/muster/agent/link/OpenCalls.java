package dev.muster.agent.link;

import java.util.concurrent.CompletableFuture;

/**
 * Counts the calls that have not yet reported their end. They report on the agent's executor, which must live until
 * then. Confined to that executor.
 */
final class OpenCalls {
    private final CompletableFuture<Void> allEnded = new CompletableFuture<>();
    private int count;
    private boolean last;

    void opened() {
        count++;
    }

    void ended() {
        count--;
        completeIfOver();
    }

    /** No call is opened from now on. */
    void lastWasOpened() {
        last = true;
        completeIfOver();
    }

    /** Completes when no call is open and none will be opened. Any thread may wait for it. */
    CompletableFuture<Void> allEnded() {
        return allEnded;
    }

    private void completeIfOver() {
        if (last && count == 0) {
            allEnded.complete(null);
        }
    }
}
