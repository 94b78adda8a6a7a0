package dev.muster.local.broker;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.DirLock;
import dev.muster.local.data.LocalAddress;
import dev.muster.local.data.PrivateDirectory;
import java.io.IOException;
import java.nio.file.Files;
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
    public static final Setting DISK_FREE_BYTES_MIN = Setting.number(
            "MUSTER_BROKER_DISK_FREE_BYTES_MIN",
            EmbeddedBroker.DISK_FREE_BYTES_MIN,
            0,
            1L << 50,
            "With less room on its disk the bundled broker stops with exit code 1 and says so, and does not start.");
    public static final List<Setting> SETTINGS = List.of(PORT, DATA_DIR, DISK_FREE_BYTES_MIN);

    private final DirLock lock;
    private final EmbeddedBroker broker;
    private final Path addressFile;

    private BrokerService(DirLock lock, EmbeddedBroker broker, Path addressFile) {
        this.lock = lock;
        this.broker = broker;
        this.addressFile = addressFile;
    }

    /** @param say told what a person should know of the start */
    public static BrokerService start(
            Map<String, String> variables, String home, Consumer<String> say, Consumer<BrokerFailure> onFatal) {
        check(variables);
        Env env = new Env(variables);
        int port = env.integer(PORT);
        String asked = env.text(DATA_DIR);
        DataDir dir = asked.isBlank() ? DataDir.of(Optional.empty(), variables, home) : new DataDir(Path.of(asked));
        DirLock lock = dir.lock(say);
        try {
            PrivateDirectory.below(dir.broker());
            EmbeddedBroker broker = EmbeddedBroker.start(dir.broker(), port, env.number(DISK_FREE_BYTES_MIN), onFatal);
            try {
                new LocalAddress(
                                "",
                                "",
                                broker.bootstrapServers(),
                                ProcessHandle.current().pid())
                        .write(dir.brokerAddressFile());
            } catch (RuntimeException e) {
                broker.close();
                throw e;
            }
            return new BrokerService(lock, broker, dir.brokerAddressFile());
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** @throws dev.muster.kit.settings.BadSettingsException with every mistake */
    public static void check(Map<String, String> variables) {
        Env env = new Env(variables);
        env.integer(PORT);
        env.number(DISK_FREE_BYTES_MIN);
        env.throwIfMistaken();
    }

    public int port() {
        return broker.port();
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(addressFile);
        } catch (IOException e) {
            // The file names this process, so readers would go on believing it.
        }
        broker.close();
        lock.close();
    }
}
