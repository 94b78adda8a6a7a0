package dev.muster.fanout.live.session;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.frames.Frames;
import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.live.terminals.AttachSet;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one session's client: limited in rate, in the words of the protocol, and only after its open frame.
 * Confined to the session's context.
 */
final class ClientRequests implements ClientOp.Taker {
    /** What the open frame opens. */
    interface Opener {
        boolean isWaitingToOpen();

        void open(@Nullable String resume);
    }

    private final SessionHost host;
    private final Opener opener;
    private final AttachSet attaches;
    private final OpRate rate;

    ClientRequests(SessionHost host, Opener opener, AttachSet attaches, OpRate rate) {
        this.host = host;
        this.opener = opener;
        this.attaches = attaches;
        this.rate = rate;
    }

    /** A text message. */
    void take(String text) {
        Services services = host.services();
        ClientOp op;
        try {
            if (!rate.take(services.nanos().getAsLong())) {
                throw new BadFrameException(null, ErrorCode.RATE_LIMITED, "Too many frames per second.");
            }
            op = new ClientFrames(services.limits()).parse(text);
        } catch (BadFrameException e) {
            refuse(e);
            return;
        }
        op.giveTo(this);
    }

    /** A binary message, which has no meaning here. */
    void takeBinary() {
        refuse(new BadFrameException(null, ErrorCode.INVALID, "Frames are text."));
    }

    private void refuse(BadFrameException e) {
        Services services = host.services();
        services.metrics().badFrames.increment();
        host.reply(
                Frames.error(e.ref(), e.code(), e.detail(), services.errorIds().get()));
    }

    @Override
    public void open(ClientOp.Open op) {
        if (opener.isWaitingToOpen()) {
            opener.open(op.resume());
        } else {
            host.refuse(null, new MusterException(ErrorCode.CONFLICT, "The session is open already."));
        }
    }

    @Override
    public void attach(ClientOp.Attach op) {
        if (mayAsk(op.ref())) {
            attaches.attach(op);
        }
    }

    @Override
    public void detach(ClientOp.Detach op) {
        if (mayAsk(op.ref())) {
            attaches.detach(op);
        }
    }

    @Override
    public void input(ClientOp.Input op) {
        if (mayAsk(op.ref())) {
            attaches.input(op);
        }
    }

    @Override
    public void resize(ClientOp.Resize op) {
        if (mayAsk(op.ref())) {
            attaches.resize(op);
        }
    }

    private boolean mayAsk(String ref) {
        if (opener.isWaitingToOpen()) {
            host.refuse(ref, new MusterException(ErrorCode.INVALID, "The first frame is open."));
            return false;
        }
        return true;
    }
}
