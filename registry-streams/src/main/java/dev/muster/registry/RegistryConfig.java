package dev.muster.registry;

import dev.muster.contract.settings.Env;
import dev.muster.contract.settings.KafkaSettings;
import dev.muster.contract.settings.Setting;
import dev.muster.registry.streams.StreamsSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Everything that the registry's process is told from outside. */
public record RegistryConfig(KafkaSettings kafka, StreamsSettings streams) {
    /** All settings, for the reference table. */
    public static final List<Setting> SETTINGS = all();

    /**
     * @param variables as in the environment
     * @throws dev.muster.contract.settings.BadSettingsException with every mistake at once
     */
    public static RegistryConfig from(Map<String, String> variables) {
        Env env = new Env(variables);
        RegistryConfig config = new RegistryConfig(KafkaSettings.from(env), StreamsSettings.from(env));
        env.throwIfMistaken();
        return config;
    }

    private static List<Setting> all() {
        List<Setting> settings = new ArrayList<>(KafkaSettings.SETTINGS);
        settings.addAll(StreamsSettings.SETTINGS);
        return List.copyOf(settings);
    }
}
