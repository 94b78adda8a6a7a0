package dev.muster.local.broker;

import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;

/** Kafka's server with the roles that its settings give it. A failed start leaves nothing of it behind. */
record RunningServer(KafkaRaftServer server) implements AutoCloseable {
    static RunningServer start(Map<String, String> config) {
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(config, false), Time.SYSTEM);
        try {
            server.startup();
            return new RunningServer(server);
        } catch (RuntimeException e) {
            try {
                server.shutdown();
            } catch (RuntimeException whileStopping) {
                e.addSuppressed(whileStopping);
            }
            throw e;
        }
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
