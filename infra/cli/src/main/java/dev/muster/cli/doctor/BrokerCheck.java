package dev.muster.cli.doctor;

import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.kafka.KafkaOptions;
import dev.muster.contract.topics.Topic;
import dev.muster.kit.kafka.TopicConfigs;
import dev.muster.kit.settings.KafkaSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What the broker reports about itself, and what that means for Muster. */
final class BrokerCheck {
    private static final int TIMEOUT_MS = 5_000;

    private BrokerCheck() {}

    public static List<Finding> run(ConnectOptions connect, Map<String, String> variables) throws InterruptedException {
        KafkaSettings settings = KafkaOptions.settings(connect, variables);
        return run(settings, isOfUp(connect, variables));
    }

    /** Whether the broker is part of a process that runs all of Muster. */
    private static boolean isOfUp(ConnectOptions connect, Map<String, String> variables) {
        return variables
                        .getOrDefault(KafkaSettings.BOOTSTRAP_SERVERS.name(), "")
                        .isBlank()
                && connect.localAddress().isPresent();
    }

    /** @param onlyProcess whether one process runs all of Muster, so that no other one waits for its transactions */
    static List<Finding> run(KafkaSettings settings, boolean onlyProcess) throws InterruptedException {
        String where = String.valueOf(settings.properties().get("bootstrap.servers"));
        Map<String, Object> properties = new HashMap<>(settings.properties());
        properties.put("default.api.timeout.ms", TIMEOUT_MS);
        properties.put("request.timeout.ms", TIMEOUT_MS);
        try (Admin admin = Admin.create(properties)) {
            List<Finding> findings = new ArrayList<>();
            List<Node> brokers = List.copyOf(admin.describeCluster().nodes().get(TIMEOUT_MS, TimeUnit.MILLISECONDS));
            findings.add(Finding.ok("Kafka at " + where + " answers; brokers: " + brokers.size()));
            findings.add(topics(admin, settings));
            findings.add(configs(admin, settings));
            if (!brokers.isEmpty()) {
                findings.add(standstill(admin, brokers.get(0), settings, onlyProcess));
            }
            return findings;
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            return List.of(Finding.bad(
                    "Kafka at " + where + " does not answer",
                    "check that the broker runs and that MUSTER_KAFKA_BOOTSTRAP_SERVERS names it"));
        }
    }

    private static Finding topics(Admin admin, KafkaSettings settings)
            throws InterruptedException, ExecutionException, TimeoutException {
        Set<String> missing = new HashSet<>();
        for (Topic topic : Topic.values()) {
            missing.add(settings.names().of(topic));
        }
        missing.removeAll(admin.listTopics().names().get(TIMEOUT_MS, TimeUnit.MILLISECONDS));
        return missing.isEmpty()
                ? Finding.ok("all topics are there")
                : Finding.bad(
                        "topics are missing: " + String.join(", ", missing),
                        "start any service; it creates them with the right configuration");
    }

    private static Finding configs(Admin admin, KafkaSettings settings)
            throws InterruptedException, ExecutionException, TimeoutException {
        List<String> differences = new ArrayList<>();
        for (Topic topic : Topic.values()) {
            ConfigResource resource = new ConfigResource(
                    ConfigResource.Type.TOPIC, settings.names().of(topic));
            Map<String, String> has = new HashMap<>();
            try {
                admin.describeConfigs(List.of(resource)).all().get(TIMEOUT_MS, TimeUnit.MILLISECONDS).values().stream()
                        .flatMap(configs -> configs.entries().stream())
                        .forEach(entry -> has.put(entry.name(), entry.value()));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
            differences.addAll(TopicConfigs.differences(resource.name(), topic, has));
        }
        return differences.isEmpty()
                ? Finding.ok("the topics have the configs that Muster gives them")
                : Finding.warn(
                        "topics have other configs: " + String.join("; ", differences),
                        "alter them with Kafka's kafka-configs.sh; proto/src/main/java/dev/muster/contract/topics/Topic.java has the right ones");
    }

    private static Finding standstill(Admin admin, Node broker, KafkaSettings settings, boolean onlyProcess)
            throws InterruptedException, ExecutionException, TimeoutException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, broker.idString());
        Config config = admin.describeConfigs(List.of(resource))
                .all()
                .get(TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .get(resource);
        return new Standstill(
                        number(config, Standstill.SESSION_MIN, 6_000),
                        number(config, Standstill.CLEANUP, 10_000),
                        transactionTimeout(admin, settings),
                        onlyProcess)
                .finding();
    }

    /**
     * The longest timeout of the registries' transactions, as the broker knows it. Before any registry has run, and
     * where the broker does not say it, the default. A registry that started with another setting leaves an older
     * transactional id behind. The broker forgets that id's timeout after a week.
     */
    private static long transactionTimeout(Admin admin, KafkaSettings settings)
            throws InterruptedException, TimeoutException {
        try {
            return knownTransactionTimeout(admin, settings);
        } catch (ExecutionException e) {
            // a broker without this call, or one that does not permit it, answers all the same
            return Standstill.TRANSACTION_TIMEOUT_DEFAULT_MS;
        }
    }

    private static long knownTransactionTimeout(Admin admin, KafkaSettings settings)
            throws InterruptedException, ExecutionException, TimeoutException {
        String ours = settings.names().application("");
        String prefix = ours.substring(0, ours.length() - "-v1".length());
        List<String> ids = admin.listTransactions().all().get(TIMEOUT_MS, TimeUnit.MILLISECONDS).stream()
                .map(TransactionListing::transactionalId)
                .filter(id -> id.startsWith(prefix))
                .toList();
        return ids.isEmpty()
                ? Standstill.TRANSACTION_TIMEOUT_DEFAULT_MS
                : admin.describeTransactions(ids).all().get(TIMEOUT_MS, TimeUnit.MILLISECONDS).values().stream()
                        .mapToLong(TransactionDescription::transactionTimeoutMs)
                        .max()
                        .orElse(Standstill.TRANSACTION_TIMEOUT_DEFAULT_MS);
    }

    private static long number(@org.jspecify.annotations.Nullable Config config, String name, long fallback) {
        ConfigEntry entry = config == null ? null : config.get(name);
        return entry == null || entry.value() == null ? fallback : Long.parseLong(entry.value());
    }
}
