package dev.muster.fanout.live.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.host.StreamLimits;
import dev.muster.proto.records.v1.WatchMode;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Reads client frames: a JSON object with {@code op}. Whatever else it holds is ignored. */
final class ClientFrames {
    private static final int REF_CHARS_MAX = 64;
    private static final int SIZE_MAX = 1_000;

    private final StreamLimits limits;

    ClientFrames(StreamLimits limits) {
        this.limits = limits;
    }

    ClientOp parse(String text) throws BadFrameException {
        JsonNode frame;
        try {
            frame = Json.MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new BadFrameException(null, ErrorCode.INVALID, "The frame is not JSON.");
        }
        if (!frame.isObject()) {
            throw new BadFrameException(null, ErrorCode.INVALID, "The frame is not a JSON object.");
        }
        @Nullable String ref = frame.path("ref").isTextual() ? frame.path("ref").textValue() : null;
        if (ref != null && ref.length() > REF_CHARS_MAX) {
            throw new BadFrameException(null, ErrorCode.INVALID, "ref is longer than 64 characters.");
        }
        String op = frame.path("op").asText("");
        return switch (op) {
            case "open" -> new ClientOp.Open(textOrNull(frame, "resume", ref));
            case "attach" -> attach(frame, required(ref));
            case "detach" -> new ClientOp.Detach(required(ref));
            case "input" -> new ClientOp.Input(required(ref), data(frame, ref));
            case "resize" ->
                new ClientOp.Resize(
                        required(ref),
                        number(frame, "cols", ref, 0, SIZE_MAX),
                        number(frame, "rows", ref, 0, SIZE_MAX));
            case "" -> throw new BadFrameException(ref, ErrorCode.INVALID, "The frame has no op.");
            default ->
                throw new BadFrameException(
                        ref, ErrorCode.INVALID, "Unknown op; there are open, attach, detach, input and resize.");
        };
    }

    private ClientOp.Attach attach(JsonNode frame, String ref) throws BadFrameException {
        @Nullable String nodeId = textOrNull(frame, "nodeId", ref);
        if (nodeId == null) {
            throw new BadFrameException(ref, ErrorCode.INVALID, "nodeId is missing.");
        }
        // as over HTTP: what is no id names nothing
        if (!Ids.isId(Ids.Kind.NODE, nodeId)) {
            throw new BadFrameException(ref, ErrorCode.NOT_FOUND, "There is no such node.");
        }
        @Nullable String terminal = textOrNull(frame, "terminal", ref);
        if (terminal != null && !Ids.isId(Ids.Kind.TASK, terminal)) {
            throw new BadFrameException(ref, ErrorCode.NOT_FOUND, "There is no such terminal.");
        }
        @Nullable String mode = textOrNull(frame, "mode", ref);
        WatchMode known = switch (mode == null ? "text" : mode) {
            case "text" -> WatchMode.WATCH_MODE_TEXT;
            case "raw" -> WatchMode.WATCH_MODE_RAW;
            default -> throw new BadFrameException(ref, ErrorCode.INVALID, "mode is neither text nor raw.");
        };
        int lines = frame.hasNonNull("lines")
                ? number(frame, "lines", ref, -1, limits.linesMax())
                : Math.min(200, limits.linesMax());
        JsonNode resume = frame.path("resume");
        if (!resume.isMissingNode() && !resume.isNull() && !resume.isBoolean()) {
            throw new BadFrameException(ref, ErrorCode.INVALID, "resume is neither true nor false.");
        }
        return new ClientOp.Attach(ref, nodeId, terminal, known, lines, resume.asBoolean());
    }

    private ByteString data(JsonNode frame, @Nullable String ref) throws BadFrameException {
        @Nullable String text = textOrNull(frame, "data", ref);
        @Nullable String base64 = textOrNull(frame, "dataBase64", ref);
        if ((text == null) == (base64 == null)) {
            throw new BadFrameException(ref, ErrorCode.INVALID, "Exactly one of data and dataBase64 is needed.");
        }
        ByteString data;
        try {
            data = text != null
                    ? ByteString.copyFromUtf8(text)
                    : ByteString.copyFrom(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException e) {
            throw new BadFrameException(ref, ErrorCode.INVALID, "dataBase64 is not base64.");
        }
        if (data.size() > limits.inputBytesMax()) {
            throw new BadFrameException(
                    ref, ErrorCode.TOO_LARGE, "The input is longer than " + limits.inputBytesMax() + " bytes.");
        }
        return data;
    }

    private static String required(@Nullable String ref) throws BadFrameException {
        if (ref == null || ref.isEmpty()) {
            throw new BadFrameException(null, ErrorCode.INVALID, "ref is needed: any text up to 64 characters.");
        }
        return ref;
    }

    private static @Nullable String textOrNull(JsonNode frame, String field, @Nullable String ref)
            throws BadFrameException {
        JsonNode value = frame.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw new BadFrameException(ref, ErrorCode.INVALID, field + " is not text.");
        }
        return value.textValue();
    }

    /** @param above exclusive lower bound */
    private static int number(JsonNode frame, String field, @Nullable String ref, int above, int max)
            throws BadFrameException {
        JsonNode value = frame.path(field);
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() <= above
                || value.intValue() > max) {
            throw new BadFrameException(
                    ref, ErrorCode.INVALID, "%s is not a whole number from %d to %d.".formatted(field, above + 1, max));
        }
        return value.intValue();
    }
}
