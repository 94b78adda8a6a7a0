package dev.muster.local.broker;

import dev.muster.contract.settings.Env;
import dev.muster.contract.settings.Setting;
import dev.muster.local.DataDir;
import dev.muster.local.DirLock;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The embedded broker as a service of its own, configured by environment variables. */
public final class BrokerService implements AutoCloseable {
    public static final Setting PORT = Setting.number(
            "MUSTER_BROKER_PORT", 19_092, 0, 65_535, "Port of the bundled broker on loopback; 0 picks a free one.");
    public static final Setting DATA_DIR = Setting.text(
            "MUSTER_BROKER_DATA_DIR", "", "Where the bundled broker keeps its logs. Empty: the local data directory.");
    public static final List<Setting> SETTINGS = List.of(PORT, DATA_DIR);

    private final DirLock lock;
    private final EmbeddedBroker broker;

    private BrokerService(DirLock lock, EmbeddedBroker broker) {
        this.lock = lock;
        this.broker = broker;
    }

    public static BrokerService start(Map<String, String> variables, String home, Consumer<BrokerFailure> onFatal) {
        Env env = new Env(variables);
        int port = env.integer(PORT);
        String asked = env.text(DATA_DIR);
        env.throwIfMistaken();
        DataDir dir = asked.isBlank() ? DataDir.of(Optional.empty(), variables, home) : new DataDir(Path.of(asked));
        DirLock lock = dir.lock();
        try {
            return new BrokerService(lock, EmbeddedBroker.start(dir.broker(), port, onFatal));
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    public int port() {
        return broker.port();
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    @Override
    public void close() {
        broker.close();
        lock.close();
    }
}
