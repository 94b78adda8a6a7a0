package dev.muster.e2e.simulation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.CloseCode;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.live.session.Outbound;
import dev.muster.fanout.live.session.ViewerSession;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A client of the live feed that knows only what the protocol's page says. It connects, resumes with the last position
 * that it was given, attaches to terminals, reads slowly at times, and starts again when its socket is gone.
 */
final class Viewer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SCREENS_MAX = 3;

    private final World world;
    private final User user;
    private final List<FanoutNode> gateways;
    private final Map<String, JsonNode> nodes = new TreeMap<>();
    private final Map<String, Long> versions = new HashMap<>();
    private final Map<String, Screen> screens = new LinkedHashMap<>();
    private @Nullable Map<String, JsonNode> snapshot;
    private @Nullable String position;
    private @Nullable Socket socket;
    private String wrong = "";
    private int refs;
    private long readsAgainMillis;

    Viewer(World world, User user, List<FanoutNode> gateways) {
        this.world = world;
        this.user = user;
        this.gateways = gateways;
    }

    User user() {
        return user;
    }

    /** Nodes as shown now. */
    Map<String, JsonNode> nodes() {
        return nodes;
    }

    Map<String, Screen> screens() {
        return screens;
    }

    boolean isOpen() {
        return socket != null && socket.opened && snapshot == null;
    }

    /** A report of a gateway that cannot be right; empty if there is none. */
    String wrong() {
        return wrong;
    }

    void connect() {
        if (socket == null) {
            FanoutNode gateway = world.chance.of(gateways);
            Socket next = new Socket(gateway);
            ViewerSession session = gateway.accept(user, next);
            if (session == null) {
                world.time.after(world.chance.between(100, 3_000), this::connect);
                return;
            }
            socket = next;
            snapshot = null;
            screens.clear();
            next.session = session;
            ObjectNode open = JSON.createObjectNode().put("op", "open");
            next.say(open.put("resume", position));
        }
    }

    /** The socket is gone, as after a walk into a tunnel. */
    void cut() {
        Socket now = socket;
        if (now != null) {
            world.note(this + " loses its socket");
            now.lose();
        }
    }

    /** Reads nothing for a while. */
    void pause(long millis) {
        readsAgainMillis = world.time.millis() + millis;
    }

    void attach(String nodeId, String terminalId) {
        Socket now = socket;
        if (now != null && now.opened && screens.size() < SCREENS_MAX && nodes.containsKey(nodeId)) {
            String ref = "r" + ++refs;
            screens.put(ref, new Screen(nodeId, terminalId));
            now.say(JSON.createObjectNode()
                    .put("op", "attach")
                    .put("ref", ref)
                    .put("nodeId", nodeId)
                    .put("terminal", terminalId)
                    .put("lines", world.chance.of(List.of(0, 5, 1_000))));
        }
    }

    void detachOne() {
        Socket now = socket;
        if (now != null && !screens.isEmpty()) {
            String ref = world.chance.of(new ArrayList<>(screens.keySet()));
            screens.remove(ref);
            now.say(JSON.createObjectNode().put("op", "detach").put("ref", ref));
        }
    }

    private void take(JsonNode frame) {
        switch (frame.path("type").asText()) {
            case "opened" -> {
                if (!frame.path("recovered").asBoolean()) {
                    snapshot = new TreeMap<>();
                }
            }
            case "snapshot" -> page(frame);
            case "node" -> node(frame.path("node"));
            case "node-removed" -> {
                if (isNews(frame)) {
                    nodes.remove(frame.path("nodeId").asText());
                }
            }
            case "gap" -> {
                if (frame.path("scope").asText().equals("nodes")) {
                    snapshot = new TreeMap<>();
                }
            }
            case "error" -> screens.remove(frame.path("ref").asText());
            default -> {
                Screen screen = screens.get(frame.path("ref").asText());
                if (screen != null && wrong.isEmpty()) {
                    wrong = screen.take(frame);
                }
            }
        }
        if (frame.path("position").isTextual()) {
            position = frame.path("position").textValue();
        }
    }

    private void page(JsonNode frame) {
        Map<String, JsonNode> pages = snapshot;
        if (pages == null) {
            wrong = "a page of a snapshot that was not announced";
            return;
        }
        frame.path("nodes").forEach(node -> pages.put(node.path("nodeId").asText(), node));
        if (frame.path("last").asBoolean()) {
            nodes.clear();
            nodes.putAll(pages);
            versions.clear();
            pages.forEach(
                    (nodeId, node) -> versions.put(nodeId, node.path("version").asLong()));
            snapshot = null;
        }
    }

    private void node(JsonNode node) {
        if (isNews(node)) {
            nodes.put(node.path("nodeId").asText(), node);
        }
    }

    /** A change from around the moment of a snapshot may come once more. */
    private boolean isNews(JsonNode change) {
        long version = change.path("version").asLong();
        Long before = versions.get(change.path("nodeId").asText());
        if (before != null && before >= version) {
            return false;
        }
        versions.put(change.path("nodeId").asText(), version);
        return true;
    }

    @Override
    public String toString() {
        return user.name();
    }

    /** One connection. */
    private final class Socket implements Outbound {
        private final FanoutNode gateway;
        private @Nullable ViewerSession session;
        private boolean opened;
        private boolean gone;
        private long lastToServerNanos;
        private long lastToClientNanos;

        private Socket(FanoutNode gateway) {
            this.gateway = gateway;
        }

        private void say(ObjectNode frame) {
            String text = frame.toString();
            lastToServerNanos = Math.max(lastToServerNanos + 1, world.time.nanos() + latencyNanos());
            ViewerSession to = session;
            world.time.afterNanos(lastToServerNanos - world.time.nanos(), () -> {
                if (!gone && to != null) {
                    to.onText(text);
                }
            });
        }

        private long latencyNanos() {
            return world.chance.between(100_000, 3_000_000);
        }

        @Override
        public void send(List<ByteBuffer> frames, Done done) {
            List<JsonNode> parsed = new ArrayList<>();
            for (ByteBuffer frame : frames) {
                try {
                    parsed.add(JSON.readTree(
                            StandardCharsets.UTF_8.decode(frame.duplicate()).toString()));
                } catch (JsonProcessingException e) {
                    wrong = "a frame that is no JSON";
                }
            }
            arrive(parsed, done);
        }

        private void arrive(List<JsonNode> frames, Done done) {
            long pauseNanos = Math.max(0, readsAgainMillis - world.time.millis()) * 1_000_000;
            lastToClientNanos = Math.max(lastToClientNanos + 1, world.time.nanos() + latencyNanos() + pauseNanos);
            world.time.afterNanos(lastToClientNanos - world.time.nanos(), () -> {
                if (gone) {
                    return;
                }
                for (JsonNode frame : frames) {
                    opened |= frame.path("type").asText().equals("opened");
                    take(frame);
                }
                done.sent(null);
            });
        }

        @Override
        public void ping() {
            ViewerSession to = session;
            world.time.afterNanos(latencyNanos(), () -> {
                if (!gone && to != null) {
                    to.onPong();
                }
            });
        }

        @Override
        public void demand() {
            // everything comes as it is said
        }

        @Override
        public void close(CloseCode code, String reason) {
            world.note(Viewer.this + " is sent away: " + code);
            if (code == CloseCode.INTERNAL_ERROR) {
                wrong = "a fault of the gateway's: " + reason;
            }
            lose();
        }

        @Override
        public void disconnect() {
            world.note(Viewer.this + " is cut");
            lose();
        }

        private void lose() {
            if (gone) {
                return;
            }
            gone = true;
            ViewerSession from = session;
            if (from != null && gateway.isAlive()) {
                world.time.after(world.chance.between(1, 500), () -> from.onClosed(1006));
            }
            if (socket == this) {
                socket = null;
                screens.clear();
                world.time.after(world.chance.between(100, 4_000), Viewer.this::connect);
            }
        }
    }

    /** A gateway has died: the viewer learns of it if its socket was there. */
    void gatewayDied(FanoutNode gateway) {
        Socket now = socket;
        if (now != null && now.gateway == gateway) {
            now.lose();
        }
    }
}
