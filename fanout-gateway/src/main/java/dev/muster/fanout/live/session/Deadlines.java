package dev.muster.fanout.live.session;

import dev.muster.contract.errors.CloseCode;
import dev.muster.fanout.live.host.StreamLimits;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The peer's deadlines: to open, to take the frames in flight, to answer pings, and to have a valid token. Pure except
 * for the two calls of its {@link Peer}. Confined to the session's context.
 */
final class Deadlines {
    interface Peer {
        /** When the frames in flight were handed over; -1: none are. */
        long inFlightSinceNanos();

        boolean isWaitingToOpen();

        void ping();
    }

    /**
     * How the session must end.
     *
     * @param cut without a close frame, which would wait behind the bytes that the peer does not read
     */
    record End(CloseCode code, String reason, boolean cut) {}

    private final StreamLimits limits;
    private final long startedNanos;
    private boolean pongDue;
    private long pingNanos;

    Deadlines(StreamLimits limits, long nowNanos) {
        this.limits = limits;
        this.startedNanos = nowNanos;
        this.pingNanos = nowNanos;
    }

    void onPong() {
        pongDue = false;
    }

    /** @param ended why the user can no longer be served; empty: all is well */
    @Nullable
    End check(Peer peer, long nowNanos, Optional<String> ended) {
        long since = peer.inFlightSinceNanos();
        if (since >= 0 && nowNanos - since > limits.frameDeadline().toNanos()) {
            return new End(CloseCode.TOO_SLOW, "a frame made no progress", true);
        }
        if (peer.isWaitingToOpen()
                && nowNanos - startedNanos > limits.openTimeout().toNanos()) {
            return new End(CloseCode.OPEN_TIMEOUT, "no open frame came in time", false);
        }
        if (ended.isPresent()) {
            return new End(CloseCode.UNAUTHENTICATED, ended.get(), false);
        }
        if (pongDue && nowNanos - pingNanos > limits.pongDeadline().toNanos()) {
            return new End(CloseCode.NO_PONG, "no ping was answered", true);
        }
        if (!pongDue && nowNanos - pingNanos > limits.pingEvery().toNanos()) {
            pongDue = true;
            pingNanos = nowNanos;
            peer.ping();
        }
        return null;
    }
}
