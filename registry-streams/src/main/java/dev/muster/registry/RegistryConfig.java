package dev.muster.registry;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.kit.settings.Setting;
import dev.muster.registry.control.ControlLimits;
import dev.muster.registry.query.QuerySettings;
import dev.muster.registry.streams.StreamsSettings;
import dev.muster.registry.terminal.TerminalSettings;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Everything that the registry's process is told from outside. */
public record RegistryConfig(
        KafkaSettings kafka,
        StreamsSettings streams,
        ControlLimits control,
        TerminalSettings terminal,
        QuerySettings query,
        int tickMs,
        int partitionCheckMs) {
    private static final Setting TICK_MS = Setting.number(
            "MUSTER_REGISTRY_TICK_MS",
            1_000,
            100,
            2_000,
            "Time between ticks, which move the clock of liveness. Well below MUSTER_REGISTRY_LIVENESS_JUMP_MS.");
    private static final Setting PARTITION_CHECK_MS = Setting.number(
            "MUSTER_REGISTRY_PARTITION_CHECK_MS",
            30_000,
            100,
            3_600_000,
            "How often the partitions of topics and changelogs are counted; a wrong number makes the registry not ready.");
    /** All settings, for the reference table. */
    public static final List<Setting> SETTINGS = Stream.of(
                    KafkaSettings.SETTINGS,
                    StreamsSettings.SETTINGS,
                    ControlLimits.SETTINGS,
                    TerminalSettings.SETTINGS,
                    QuerySettings.SETTINGS,
                    List.of(TICK_MS, PARTITION_CHECK_MS))
            .flatMap(List::stream)
            .toList();

    /**
     * @param variables as in the environment
     * @throws dev.muster.kit.settings.BadSettingsException with every mistake at once
     */
    public static RegistryConfig from(Map<String, String> variables) {
        Env env = new Env(variables);
        RegistryConfig config = new RegistryConfig(
                KafkaSettings.from(env),
                StreamsSettings.from(env),
                ControlLimits.from(env),
                TerminalSettings.from(env),
                QuerySettings.from(env),
                env.integer(TICK_MS),
                env.integer(PARTITION_CHECK_MS));
        env.throwIfMistaken();
        return config;
    }
}
