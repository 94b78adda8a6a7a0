package dev.muster.fanout.live.frames;

import com.google.protobuf.ByteString;
import dev.muster.proto.records.v1.WatchMode;
import org.jspecify.annotations.Nullable;

/** What a client asks for. */
public sealed interface ClientOp {
    /** The first frame. */
    record Open(@Nullable String resume) implements ClientOp {}

    /**
     * Output of a terminal from now on, after some scrollback.
     *
     * @param terminal null: the latest
     * @param resume whether to go on at the position in the token of the {@code open} frame, if it has one for this
     *     terminal
     */
    record Attach(String ref, String nodeId, @Nullable String terminal, WatchMode mode, int lines, boolean resume)
            implements ClientOp {}

    record Detach(String ref) implements ClientOp {}

    record Input(String ref, ByteString data) implements ClientOp {}

    record Resize(String ref, int cols, int rows) implements ClientOp {}

    /** Takes each kind; a new kind does not compile until every taker knows it. */
    interface Taker {
        void open(Open op);

        void attach(Attach op);

        void detach(Detach op);

        void input(Input op);

        void resize(Resize op);
    }

    default void giveTo(Taker taker) {
        if (this instanceof Open op) {
            taker.open(op);
        } else if (this instanceof Attach op) {
            taker.attach(op);
        } else if (this instanceof Detach op) {
            taker.detach(op);
        } else if (this instanceof Input op) {
            taker.input(op);
        } else if (this instanceof Resize op) {
            taker.resize(op);
        } else {
            throw new AssertionError(this);
        }
    }
}
