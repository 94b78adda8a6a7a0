package dev.muster.fanout.live.frames;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.fanout.json.Json;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Server frames as JSON text. The part that all sessions share is a body: the object without its closing brace, encoded
 * once. The part that differs, the position or the ref, is a tail that is put behind it: {@code ,"position":"..."}}.
 */
public final class Frames {
    /** About as long as a frame with lines or output gets. */
    static final int FRAME_BYTES = 32 * 1024;

    private Frames() {}

    public static ByteBuffer join(byte[] body, byte[] tail) {
        byte[] whole = Arrays.copyOf(body, body.length + tail.length);
        System.arraycopy(tail, 0, whole, body.length, tail.length);
        return ByteBuffer.wrap(whole);
    }

    public static ByteBuffer withPosition(byte[] body, String token) {
        return join(body, positionTail(token));
    }

    /** A whole frame with one more field at its end. */
    public static ByteBuffer withPosition(ByteBuffer frame, String token) {
        byte[] tail = positionTail(token);
        byte[] whole = new byte[frame.remaining() - 1 + tail.length];
        frame.duplicate().get(whole, 0, frame.remaining() - 1);
        System.arraycopy(tail, 0, whole, frame.remaining() - 1, tail.length);
        return ByteBuffer.wrap(whole);
    }

    /** Tokens are base64url, which needs no escapes. */
    public static byte[] positionTail(String token) {
        return (",\"position\":\"" + token + "\"}").getBytes(StandardCharsets.US_ASCII);
    }

    public static byte[] refTail(String ref) {
        byte[] object = Json.bytes(Json.object().put("ref", ref));
        object[0] = ',';
        return object;
    }

    // ---- bodies

    public static byte[] node(NodeView view, Role role) {
        ObjectNode frame = frame("node");
        frame.set("node", Json.node(view, role));
        return body(frame);
    }

    public static byte[] nodeRemoved(String nodeId, long version) {
        return body(frame("node-removed").put("nodeId", nodeId).put("version", version));
    }

    public static byte[] task(Task task) {
        ObjectNode frame = frame("task");
        frame.set("task", Json.task(task));
        return body(frame);
    }

    /** @param conflated changes of nodes that were passed over because newer ones of the same nodes waited */
    public static byte[] caughtUp(long conflated) {
        return body(frame("caught-up").put("conflated", conflated));
    }

    /**
     * Upserts of lines: one body for each run of consecutive numbers, none longer than about {@link #FRAME_BYTES}; one
     * without lines if there are none.
     */
    public static List<byte[]> lines(List<Line> lines, long finalLine, long nextLine) {
        List<byte[]> bodies = new ArrayList<>();
        int at = 0;
        while (at < lines.size()) {
            long first = lines.get(at).getNumber();
            ArrayNode texts = JsonNodeFactory.instance.arrayNode();
            int bytes = 0;
            long expected = first;
            while (at < lines.size() && lines.get(at).getNumber() == expected && bytes < FRAME_BYTES) {
                Line line = lines.get(at++);
                texts.add(line.getText());
                bytes += line.getText().length() + 4;
                expected++;
            }
            bodies.add(linesBody(first, texts, finalLine, nextLine));
        }
        if (bodies.isEmpty()) {
            bodies.add(linesBody(nextLine, JsonNodeFactory.instance.arrayNode(), finalLine, nextLine));
        }
        return bodies;
    }

    private static byte[] linesBody(long first, ArrayNode texts, long finalLine, long nextLine) {
        ObjectNode frame = frame("lines").put("firstLine", first);
        frame.set("lines", texts);
        return body(frame.put("final", finalLine).put("nextLine", nextLine));
    }

    public static byte[] output(long offset, ByteString data) {
        return output("", offset, data);
    }

    /**
     * Bytes that bring a blank terminal to the present window; none of them has an offset.
     *
     * @param offset from which live bytes go on
     */
    public static byte[] repaint(long offset, ByteString data) {
        return output("\"repaint\":true,", offset, data);
    }

    private static byte[] output(String flag, long offset, ByteString data) {
        byte[] head = ("{\"type\":\"output\"," + flag + "\"offset\":" + Long.toUnsignedString(offset) + ",\"data\":\"")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] text = Base64.getEncoder().encode(data.toByteArray());
        byte[] body = Arrays.copyOf(head, head.length + text.length + 1);
        System.arraycopy(text, 0, body, head.length, text.length);
        body[body.length - 1] = '"';
        return body;
    }

    public static byte[] resized(int cols, int rows) {
        return body(frame("resized").put("cols", cols).put("rows", rows));
    }

    public static byte[] outputGap(long from, long to, String reason) {
        return body(frame("gap")
                .put("scope", "output")
                .put("from", from)
                .put("to", to)
                .put("reason", reason));
    }

    /** @param reason null when it is known how the process ended */
    static byte[] ended(@Nullable Integer exitCode, @Nullable String signal, @Nullable String reason) {
        return body(frame("ended")
                .put("exitCode", exitCode)
                .put("signal", signal == null || signal.isEmpty() ? null : signal)
                .put("reason", reason));
    }

    // ---- whole frames

    /** @param heartbeat within which the next frame follows, whatever happens */
    public static ByteBuffer opened(
            boolean recovered, @Nullable String reason, Duration heartbeat, @Nullable String position) {
        return whole(frame("opened")
                .put("recovered", recovered)
                .put("reason", reason)
                .put("heartbeatMs", heartbeat.toMillis())
                .put("position", position));
    }

    /**
     * @param brokerHeardMillis how long ago the broker answered the gateway; empty: never
     * @param registryHeardMillis how long ago a registry reported to the gateway that it is ready; empty: never
     */
    public static ByteBuffer heartbeat(
            Duration every, OptionalLong brokerHeardMillis, OptionalLong registryHeardMillis) {
        return whole(frame("heartbeat")
                .put("everyMs", every.toMillis())
                .put("brokerHeardMs", orNull(brokerHeardMillis))
                .put("registryHeardMs", orNull(registryHeardMillis)));
    }

    private static @Nullable Long orNull(OptionalLong value) {
        return value.isEmpty() ? null : Long.valueOf(value.getAsLong());
    }

    /** @param position of the records that follow; given with the last page */
    public static ByteBuffer snapshot(ArrayNode nodes, @Nullable String position) {
        ObjectNode frame = frame("snapshot");
        frame.set("nodes", nodes);
        frame.put("last", position != null);
        if (position != null) {
            frame.put("position", position);
        }
        return whole(frame);
    }

    public static ByteBuffer nodesGap(@Nullable String from, String reason) {
        return whole(frame("gap")
                .put("scope", "nodes")
                .put("from", from)
                .putNull("to")
                .put("reason", reason));
    }

    public static ByteBuffer lagging(long records, long bytes, double seconds) {
        return whole(frame("lagging")
                .put("records", records)
                .put("bytes", bytes)
                .put("seconds", Math.round(seconds * 10) / 10.0));
    }

    /** @param load path from which what was skipped can be had */
    public static ByteBuffer skipped(String ref, String scope, long from, long to, String reason, String load) {
        return whole(frame("skipped")
                .put("ref", ref)
                .put("scope", scope)
                .put("from", from)
                .put("to", to)
                .put("reason", reason)
                .put("load", load));
    }

    public static ByteBuffer inputUndelivered(String ref, String reason) {
        return whole(frame("input-undelivered").put("ref", ref).put("reason", reason));
    }

    public static ByteBuffer error(@Nullable String ref, ErrorCode code, String detail, String errorId) {
        ObjectNode frame = frame("error").put("ref", ref);
        frame.putObject("problem")
                .put("type", "urn:muster:problem:" + code.code())
                .put("title", code.when())
                .put("status", code.status())
                .put("detail", detail)
                .put("code", code.code())
                .put("errorId", errorId);
        return whole(frame);
    }

    public static ObjectNode frame(String type) {
        return Json.object().put("type", type);
    }

    public static ByteBuffer whole(ObjectNode frame) {
        return ByteBuffer.wrap(Json.bytes(frame));
    }

    private static byte[] body(ObjectNode frame) {
        byte[] whole = Json.bytes(frame);
        return Arrays.copyOf(whole, whole.length - 1);
    }
}
