package dev.muster.local;

import dev.muster.contract.topics.TopicNames;
import dev.muster.fanout.FanoutConfig;
import dev.muster.fanout.FanoutServer;
import dev.muster.ingress.IngressConfig;
import dev.muster.ingress.IngressServer;
import dev.muster.local.broker.BrokerService;
import dev.muster.local.data.PrivateDirectory;
import dev.muster.local.data.StartFailure;
import dev.muster.registry.RegistryConfig;
import dev.muster.registry.RegistryServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Services by name, each configured by environment variables. */
public final class Services {
    private Services() {}

    /**
     * A service that runs.
     *
     * @param port the one that others use
     * @param stop stops it in order: what it accepted is finished or handed over
     */
    public record Running(int port, Runnable stop) implements AutoCloseable {
        @Override
        public void close() {
            stop.run();
        }
    }

    /**
     * Reads the settings of a service and starts nothing.
     *
     * @throws StartFailure if there is no such service
     * @throws dev.muster.kit.settings.BadSettingsException with every mistake in them
     */
    public static void check(String name, Map<String, String> variables) {
        switch (name) {
            case "broker" -> BrokerService.check(variables);
            case "registry" -> RegistryConfig.from(variables);
            case "ingress" -> IngressConfig.from(variables);
            case "fanout" -> FanoutConfig.from(variables);
            default -> throw unknown(name);
        }
    }

    private static StartFailure unknown(String name) {
        return new StartFailure("there is no service '" + name + "': broker, ingress, registry, fanout");
    }

    /**
     * @param say told what a person should know about the start
     * @param onFatal told why, when the service can no longer do its work
     * @throws StartFailure in one line, if the service cannot start
     * @throws dev.muster.kit.settings.BadSettingsException with every mistake in its settings
     */
    public static Running start(
            String name, Map<String, String> variables, Consumer<String> say, Consumer<String> onFatal)
            throws InterruptedException {
        try {
            switch (name) {
                case "broker" -> {
                    BrokerService broker = BrokerService.start(
                            variables,
                            System.getProperty("user.home"),
                            say,
                            failure -> onFatal.accept(failure.reason()));
                    return new Running(broker.port(), broker::close);
                }
                case "registry" -> {
                    RegistryConfig config = RegistryConfig.from(variables);
                    TopicNames names = config.kafka().names();
                    Path state = config.streams().stateDir();
                    PrivateDirectory.require(
                            state, Set.of(names.application("control"), names.application("terminal")), say);
                    RegistryServer registry = RegistryServer.start(variables);
                    // Kafka Streams creates its directory open to the group
                    PrivateDirectory.below(state);
                    var unused = registry.failed().thenAccept(reason -> onFatal.accept("the registry: " + reason));
                    return new Running(registry.grpcPort(), registry::close);
                }
                case "ingress" -> {
                    IngressServer ingress = IngressServer.start(variables);
                    var unused =
                            ingress.failed().thenAccept(reason -> onFatal.accept("the ingress gateway: " + reason));
                    return new Running(ingress.port(), ingress::close);
                }
                case "fanout" -> {
                    FanoutServer fanout = FanoutServer.start(variables);
                    var unused = fanout.failed().thenAccept(reason -> onFatal.accept("the fan-out gateway: " + reason));
                    return new Running(fanout.httpPort(), fanout::close);
                }
                default -> throw unknown(name);
            }
        } catch (IOException | UncheckedIOException e) {
            throw StartFailure.from("the service " + name + " cannot start", e);
        }
    }
}
