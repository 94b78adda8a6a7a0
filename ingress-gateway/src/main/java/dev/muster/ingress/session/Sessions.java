package dev.muster.ingress.session;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The live sessions of this gateway. Thread-safe. */
public final class Sessions {
    private final Map<String, LiveSession> byId = new ConcurrentHashMap<>();
    private final Map<String, List<LiveSession>> byNode = new ConcurrentHashMap<>();

    public void add(LiveSession session) {
        byId.put(session.sessionId(), session);
        byNode.merge(session.nodeId(), List.of(session), (old, one) -> {
            var all = new java.util.ArrayList<>(old);
            all.addAll(one);
            return List.copyOf(all);
        });
    }

    public void remove(LiveSession session) {
        byId.remove(session.sessionId(), session);
        byNode.computeIfPresent(session.nodeId(), (id, old) -> {
            List<LiveSession> left = old.stream().filter(s -> s != session).toList();
            return left.isEmpty() ? null : left;
        });
    }

    /** The session, if it is here and belongs to that node. */
    public Optional<LiveSession> find(String nodeId, String sessionId) {
        return Optional.ofNullable(byId.get(sessionId)).filter(s -> s.nodeId().equals(nodeId));
    }

    public List<LiveSession> ofNode(String nodeId) {
        return byNode.getOrDefault(nodeId, List.of());
    }

    public Collection<LiveSession> all() {
        return List.copyOf(byId.values());
    }

    public int size() {
        return byId.size();
    }
}
