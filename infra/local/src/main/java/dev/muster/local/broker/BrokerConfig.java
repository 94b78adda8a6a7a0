package dev.muster.local.broker;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Kafka's settings for one broker that is its own controller, listens on loopback only, and stays small. */
final class BrokerConfig {
    static final String HOST = "127.0.0.1";
    static final int NODE_ID = 1;
    static final String CONTROLLER_LISTENER = "CONTROLLER";

    private BrokerConfig() {}

    static Map<String, String> of(Path directory, int port, int controllerPort) {
        Map<String, String> config = new LinkedHashMap<>();
        config.put("process.roles", "broker,controller");
        config.put("node.id", Integer.toString(NODE_ID));
        config.put("listeners", "PLAINTEXT://" + HOST + ":" + port + ",CONTROLLER://" + HOST + ":" + controllerPort);
        config.put("advertised.listeners", "PLAINTEXT://" + HOST + ":" + port);
        config.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        config.put("inter.broker.listener.name", "PLAINTEXT");
        config.put("controller.listener.names", CONTROLLER_LISTENER);
        config.put("controller.quorum.voters", NODE_ID + "@" + HOST + ":" + controllerPort);
        config.put("log.dirs", directory.toString());
        config.put("auto.create.topics.enable", "false");
        forOneBroker(config);
        forQuickFailover(config);
        forASmallProcess(config);
        return config;
    }

    /** The same node without its broker: it serves only the metadata, and only to this process. */
    static Map<String, String> controllerOnly(Path directory, int controllerPort) {
        Map<String, String> config = of(directory, 0, controllerPort);
        config.put("process.roles", "controller");
        config.put("listeners", "CONTROLLER://" + HOST + ":" + controllerPort);
        config.remove("advertised.listeners");
        config.remove("inter.broker.listener.name");
        return config;
    }

    private static void forOneBroker(Map<String, String> config) {
        // No other broker could take over from the only one, so a long pause of the machine is no reason to fence it.
        config.put("broker.session.timeout.ms", "60000");
        config.put("default.replication.factor", "1");
        config.put("min.insync.replicas", "1");
        config.put("offsets.topic.replication.factor", "1");
        config.put("offsets.topic.num.partitions", "4");
        config.put("transaction.state.log.replication.factor", "1");
        config.put("transaction.state.log.min.isr", "1");
        config.put("transaction.state.log.num.partitions", "4");
        config.put("share.coordinator.state.topic.replication.factor", "1");
        config.put("share.coordinator.state.topic.min.isr", "1");
        config.put("share.coordinator.state.topic.num.partitions", "1");
    }

    /**
     * A dead instance's transaction and partitions are freed within seconds instead of Kafka's usual tens of seconds.
     */
    private static void forQuickFailover(Map<String, String> config) {
        config.put("group.min.session.timeout.ms", "3000");
        config.put("group.initial.rebalance.delay.ms", "0");
        config.put("group.streams.initial.rebalance.delay.ms", "0");
        config.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "200");
        config.put("log.retention.check.interval.ms", "10000");
        config.put("log.segment.delete.delay.ms", "5000");
    }

    private static void forASmallProcess(Map<String, String> config) {
        config.put("num.network.threads", "2");
        config.put("num.io.threads", "4");
        config.put("background.threads", "2");
        config.put("num.replica.fetchers", "1");
        config.put("group.coordinator.threads", "1");
        config.put("log.cleaner.threads", "1");
        config.put("log.cleaner.dedupe.buffer.size", "8388608");
        config.put("log.cleaner.io.buffer.size", "524288");
    }
}
