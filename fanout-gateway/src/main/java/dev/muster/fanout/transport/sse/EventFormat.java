package dev.muster.fanout.transport.sse;

import dev.muster.contract.errors.CloseCode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** How the frames of a session are written into one long HTTP answer. The same JSON as over WebSocket. Pure. */
public enum EventFormat {
    /**
     * Server-sent events: {@code id} is the frame's position, so that a browser sends it as {@code Last-Event-ID} by
     * itself.
     */
    SSE("/sse", "text/event-stream") {
        @Override
        void write(ByteBuffer frame, ByteArrayOutputStream into) {
            byte[] json = bytes(frame);
            int begin = positionIn(json);
            if (begin > 0) {
                into.writeBytes(ID);
                into.write(json, begin, json.length - 2 - begin);
                into.write('\n');
            }
            into.writeBytes(DATA);
            into.writeBytes(json);
            into.write('\n');
            into.write('\n');
        }

        @Override
        byte[] ping() {
            return ": ping\n\n".getBytes(StandardCharsets.US_ASCII);
        }
    },
    /** One JSON object per line. */
    NDJSON("/ndjson", "application/x-ndjson") {
        @Override
        void write(ByteBuffer frame, ByteArrayOutputStream into) {
            into.writeBytes(bytes(frame));
            into.write('\n');
        }

        @Override
        byte[] ping() {
            return "{\"type\":\"ping\"}\n".getBytes(StandardCharsets.US_ASCII);
        }
    };

    private static final byte[] ID = "id: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] POSITION = "\"position\":\"".getBytes(StandardCharsets.US_ASCII);

    private final String path;
    private final String contentType;

    EventFormat(String path, String contentType) {
        this.path = path;
        this.contentType = contentType;
    }

    /** Below the path of the stream. */
    public String path() {
        return path;
    }

    String contentType() {
        return contentType;
    }

    abstract void write(ByteBuffer frame, ByteArrayOutputStream into);

    /** What keeps proxies and clients from taking the connection for dead. */
    abstract byte[] ping();

    byte[] write(List<ByteBuffer> frames) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(
                frames.stream().mapToInt(ByteBuffer::remaining).sum() + 128);
        frames.forEach(frame -> write(frame, out));
        return out.toByteArray();
    }

    /** The last frame: the equivalent of a WebSocket's close frame. */
    byte[] goodbye(CloseCode code, String reason) {
        String frame = "{\"type\":\"closed\",\"code\":%d,\"reason\":\"%s\",\"reconnect\":%s}"
                .formatted(code.code(), reason.replace('"', '\''), code.reconnect());
        return write(List.of(ByteBuffer.wrap(frame.getBytes(StandardCharsets.UTF_8))));
    }

    private static byte[] bytes(ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining()];
        frame.duplicate().get(bytes);
        return bytes;
    }

    /**
     * Where the token begins in a frame that ends in {@code "position":"token"}}; 0: there is none. Tokens are
     * base64url, and a quote inside a text is escaped, so no other text can look like it.
     */
    private static int positionIn(byte[] json) {
        if (json.length < POSITION.length + 4 || json[json.length - 2] != '"') {
            return 0;
        }
        int at = json.length - 3;
        while (at > 0 && json[at] != '"') {
            at--;
        }
        int begin = at + 1;
        int name = begin - POSITION.length;
        return name > 1
                        && json[name - 1] == ','
                        && begin < json.length - 2
                        && java.util.Arrays.equals(json, name, begin, POSITION, 0, POSITION.length)
                ? begin
                : 0;
    }
}
