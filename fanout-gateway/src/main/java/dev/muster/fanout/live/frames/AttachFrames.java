package dev.muster.fanout.live.frames;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.access.Roles;
import dev.muster.fanout.log.tokens.ResumeRefusal;
import dev.muster.fanout.log.tokens.ResumeTokens.TerminalPoint;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.WatchMode;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The frames about an attach as a whole: how it begins, and what it leaves out. Pure. */
public final class AttachFrames {
    private AttachFrames() {}

    /** @param from up to where the client says that it has the terminal; null: it says nothing */
    public static ByteBuffer introduction(
            ClientOp.Attach asked, String terminal, Role role, Picture picture, @Nullable TerminalPoint from) {
        ObjectNode frame = attached(asked.ref(), asked.nodeId(), terminal, isRaw(asked), role, picture);
        if (asked.resume()) {
            @Nullable String refusal = refusalOf(asked, picture, from);
            frame.put("recovered", refusal == null).put("reason", refusal);
        }
        return Frames.whole(frame);
    }

    public static ObjectNode attached(
            String ref, String nodeId, String terminal, boolean raw, Role role, Picture picture) {
        ObjectNode frame = Frames.frame("attached")
                .put("ref", ref)
                .put("nodeId", nodeId)
                .put("terminal", terminal)
                .put("mode", raw ? "raw" : "text")
                .put("firstLine", picture.firstLine())
                .put("final", picture.finalLine())
                .put("nextLine", picture.nextLine());
        @Nullable WindowSize size = picture.size();
        frame.put("cols", size == null ? null : size.getCols());
        frame.put("rows", size == null ? null : size.getRows());
        return frame.put("role", Roles.name(role));
    }

    // why the next frames are not exactly the continuation of the client's state; null: they are
    private static @Nullable String refusalOf(ClientOp.Attach asked, Picture picture, @Nullable TerminalPoint from) {
        if (from == null) {
            return "none";
        } else if (Long.compareUnsigned(picture.mark().getOffset(), from.offset()) < 0) {
            return ResumeRefusal.AHEAD.code();
        } else if (isRaw(asked)) {
            return picture.mark().getOffset() == from.offset() ? null : "repainted";
        }
        return picture.firstLine() > from.line() ? ResumeRefusal.EXPIRED.code() : null;
    }

    /**
     * The output between the client's place and a picture, and where to load it.
     *
     * @param offset of the output, and
     * @param line up to which the client has everything
     * @return null: nothing lies between
     */
    public static @Nullable ByteBuffer skipped(
            ClientOp.Attach asked, String terminal, long offset, long line, Picture picture, String reason) {
        boolean raw = isRaw(asked);
        long begin = raw ? offset : line;
        long end = raw ? picture.mark().getOffset() : picture.firstLine();
        if (end <= begin) {
            return null;
        }
        String path = "/api/v1/nodes/" + asked.nodeId();
        String load = raw
                ? path + "/tasks/" + terminal + "/output?format=raw"
                : path + "/history?terminal=" + terminal + "&after=" + begin + "&before=" + end;
        return Frames.skipped(asked.ref(), raw ? "output" : "lines", begin, end, reason, load);
    }

    private static boolean isRaw(ClientOp.Attach asked) {
        return asked.mode() == WatchMode.WATCH_MODE_RAW;
    }
}
