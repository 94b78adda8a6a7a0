package dev.muster.cli.kafka;

import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.console.CliFailure;
import dev.muster.kit.settings.BadSettingsException;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.local.data.LocalAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * The selected cluster: the one in MUSTER_KAFKA_BOOTSTRAP_SERVERS, else that of the Muster, or of the single broker,
 * that runs on the data directory.
 */
public final class KafkaOptions {
    private KafkaOptions() {}

    public static KafkaSettings settings(ConnectOptions connect, Map<String, String> variables) {
        Map<String, String> all = new HashMap<>(variables);
        String name = KafkaSettings.BOOTSTRAP_SERVERS.name();
        if (all.getOrDefault(name, "").isBlank()) {
            all.put(
                    name,
                    connect.localAddress()
                            .or(() -> LocalAddress.read(connect.dataDir().brokerAddressFile()))
                            .map(LocalAddress::kafka)
                            .orElseThrow(() -> connect.noneRuns("set " + name)));
        }
        try {
            Env env = new Env(all);
            KafkaSettings settings = KafkaSettings.from(env);
            env.throwIfMistaken();
            return settings;
        } catch (BadSettingsException e) {
            throw new CliFailure(String.valueOf(e.getMessage()), e);
        }
    }
}
