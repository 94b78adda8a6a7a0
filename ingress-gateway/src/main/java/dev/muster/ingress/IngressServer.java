package dev.muster.ingress;

import dev.muster.contract.errors.ErrorIds;
import dev.muster.contract.ids.Ids;
import dev.muster.ingress.grpc.AgentServer;
import dev.muster.kit.kafka.TopicProvisioner;
import dev.muster.kit.kafka.TopicsException;
import dev.muster.kit.process.OperationsServer;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.BadSettingsException;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running ingress gateway. */
public final class IngressServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IngressServer.class);

    private final Gateway gateway;
    private final AgentServer agents;
    private final OperationsServer ops;
    private final Threads threads;

    private IngressServer(Gateway gateway, AgentServer agents, OperationsServer ops, Threads threads) {
        this.gateway = gateway;
        this.agents = agents;
        this.ops = ops;
        this.threads = threads;
    }

    /**
     * Returns when agents can connect.
     *
     * @throws BadSettingsException with every mistake in the settings
     * @throws TopicsException where the topics are not as they must be, or the broker cannot be asked
     * @throws IOException if the agents' port is taken
     * @throws java.io.UncheckedIOException if the operators' port is taken
     * @throws InterruptedException if interrupted meanwhile
     */
    public static IngressServer start(Map<String, String> variables) throws IOException, InterruptedException {
        IngressConfig config = IngressConfig.from(variables);
        try (Admin admin = Admin.create(Map.copyOf(config.kafka().properties()))) {
            new TopicProvisioner(
                            admin,
                            config.kafka().names(),
                            config.kafka().partitions(),
                            config.kafka().replication())
                    .ensure();
        }
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        String gatewayId = new Ids().make(Ids.Kind.GATEWAY, System.currentTimeMillis());
        Threads threads = new Threads();
        Gateway gateway = new Gateway(config, gatewayId, new ErrorIds(), registry, threads);
        try {
            gateway.start();
            AgentServer agents = gateway.serve();
            try {
                OperationsServer ops = new OperationsServer(
                        "ingress",
                        config.httpBind(),
                        config.httpPort(),
                        () -> readiness(gateway.problem()),
                        registry,
                        threads);
                LOG.atInfo()
                        .addKeyValue("gateway", gatewayId)
                        .addKeyValue("port", agents.port())
                        .addKeyValue("httpPort", ops.port())
                        .addKeyValue("tls", config.tls().isUsed())
                        .log("ingress gateway ready");
                return new IngressServer(gateway, agents, ops, threads);
            } catch (RuntimeException e) {
                agents.stop(0);
                throw e;
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            gateway.close();
            throw e;
        }
    }

    /** Completes, with the reason, when it can no longer do its work: only a new start can help. */
    public CompletableFuture<String> failed() {
        return threads.failed();
    }

    /** Where agents connect. */
    public int port() {
        return agents.port();
    }

    /** Where {@code /metrics}, {@code /healthz} and {@code /readyz} are. */
    public int httpPort() {
        return ops.port();
    }

    /** Asks the agents to go elsewhere, waits for them a little, and publishes what was taken. */
    @Override
    public void close() {
        gateway.drain();
        agents.stop(gateway.drainMillis());
        gateway.close();
        ops.close();
        LOG.atInfo().log("ingress gateway stopped");
    }

    private static OperationsServer.Readiness readiness(String problem) {
        return new OperationsServer.Readiness(problem.isEmpty(), problem.isEmpty() ? "ready\n" : problem + "\n");
    }
}
