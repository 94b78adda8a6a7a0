package dev.muster.local;

import dev.muster.local.broker.BrokerService;
import java.util.Map;
import java.util.function.Consumer;

/** Services by name, each configured by environment variables. */
public final class Services {
    private Services() {}

    /** A service that runs. */
    public interface Running extends AutoCloseable {
        int port();

        /** Stops it in order: what it accepted is finished or handed over. */
        @Override
        void close();
    }

    /**
     * @param onFatal told why, when the service can no longer do its work
     * @throws StartFailure in one line, where it cannot start
     */
    public static Running start(String name, Map<String, String> variables, Consumer<String> onFatal) {
        return switch (name) {
            case "broker" ->
                broker(BrokerService.start(
                        variables, System.getProperty("user.home"), failure -> onFatal.accept(failure.reason())));
            default -> throw new StartFailure("there is no service '" + name + "': broker, ingress, registry, fanout");
        };
    }

    private static Running broker(BrokerService broker) {
        return new Running() {
            @Override
            public int port() {
                return broker.port();
            }

            @Override
            public void close() {
                broker.close();
            }
        };
    }
}
