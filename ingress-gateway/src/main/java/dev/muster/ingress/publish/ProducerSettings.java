package dev.muster.ingress.publish;

import java.util.HashMap;
import java.util.Map;

/**
 * Producer properties of a lane.
 *
 * @param base client properties of the cluster: addresses, security, and what an operator overrides
 */
public record ProducerSettings(Map<String, String> base, String clientId) {
    public ProducerSettings {
        base = Map.copyOf(base);
    }

    /** Small records that must be there soon. */
    public Map<String, Object> control(long bufferBytes) {
        return with(
                bufferBytes,
                Map.of(
                        "linger.ms", "5",
                        "batch.size", "65536",
                        "delivery.timeout.ms", "15000",
                        "request.timeout.ms", "5000",
                        "max.request.size", "1048576"));
    }

    /** Output: as much as possible. */
    public Map<String, Object> bulk(long bufferBytes, int lingerMillis) {
        return with(
                bufferBytes,
                Map.of(
                        "linger.ms", Integer.toString(lingerMillis),
                        "batch.size", "262144",
                        "delivery.timeout.ms", "30000",
                        "request.timeout.ms", "10000",
                        "max.request.size", "2097152"));
    }

    private Map<String, Object> with(long bufferBytes, Map<String, String> lane) {
        Map<String, Object> all = new HashMap<>(lane);
        all.put("compression.type", "lz4");
        all.put("buffer.memory", Long.toString(bufferBytes));
        all.putAll(base);
        // what correctness rests on cannot be overridden
        all.put("client.id", clientId);
        all.put("acks", "all");
        all.put("enable.idempotence", "true");
        all.put("max.in.flight.requests.per.connection", "5");
        all.put("max.block.ms", "0");
        all.put("metadata.max.idle.ms", "1800000");
        return all;
    }
}
