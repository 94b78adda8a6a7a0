package dev.muster.fanout.live.session;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.CloseCode;
import dev.muster.fanout.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Remembers what a session sends; takes a batch at once, or only when told to. Used by the test's thread. */
public final class RecordingOutbound implements Outbound {
    public final List<JsonNode> frames = new ArrayList<>();
    public boolean reading = true;
    int pings;
    boolean disconnected;

    @Nullable
    CloseCode closed;

    private @Nullable Done pending;

    @Override
    public void send(List<ByteBuffer> batch, Done done) {
        if (pending != null) {
            throw new AssertionError("two batches in flight");
        }
        for (ByteBuffer frame : batch) {
            try {
                frames.add(Json.MAPPER.readTree(
                        StandardCharsets.UTF_8.decode(frame.duplicate()).toString()));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
        if (reading) {
            done.sent(null);
        } else {
            pending = done;
        }
    }

    /** The peer takes what is in flight. */
    public void take() {
        Done done = pending;
        pending = null;
        if (done != null) {
            done.sent(null);
        }
    }

    /** The peer is gone. */
    void lose() {
        Done done = pending;
        pending = null;
        if (done != null) {
            done.sent(new IOException("gone"));
        }
    }

    public List<JsonNode> frames(String type) {
        return frames.stream()
                .filter(frame -> frame.path("type").asText().equals(type))
                .toList();
    }

    @Override
    public void ping() {
        pings++;
    }

    @Override
    public void demand() {}

    @Override
    public void close(CloseCode code, String reason) {
        closed = code;
    }

    @Override
    public void disconnect() {
        disconnected = true;
    }
}
