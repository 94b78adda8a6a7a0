package dev.muster.ingress.dispatch;

import java.util.HashMap;
import java.util.Map;

/**
 * Consumer properties of a tail.
 *
 * @param base client properties of the cluster
 */
public record ConsumerSettings(Map<String, String> base, String clientId) {
    public ConsumerSettings {
        base = Map.copyOf(base);
    }

    /** Of a client that only asks. */
    public Map<String, Object> admin() {
        Map<String, Object> all = new HashMap<>(base);
        all.put("client.id", clientId + "-admin");
        all.put("request.timeout.ms", "2000");
        all.put("default.api.timeout.ms", "2000");
        return all;
    }

    /**
     * @param committed whether records of open transactions are held back
     */
    public Map<String, Object> of(String name, boolean committed) {
        Map<String, Object> all = new HashMap<>(base);
        all.put("client.id", clientId + "-" + name);
        all.put("isolation.level", committed ? "read_committed" : "read_uncommitted");
        all.put("enable.auto.commit", "false");
        all.put("auto.offset.reset", "earliest");
        all.put("allow.auto.create.topics", "false");
        all.put("fetch.max.wait.ms", "500");
        all.put("reconnect.backoff.max.ms", "1000");
        return all;
    }
}
