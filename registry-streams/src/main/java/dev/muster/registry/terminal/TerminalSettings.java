package dev.muster.registry.terminal;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import dev.muster.registry.node.NodeLimits;
import dev.muster.registry.terminal.history.HistoryLimits;
import dev.muster.registry.terminal.watch.WatchLimits;
import java.util.List;

/**
 * Settings of the terminal app.
 *
 * @param chunkBytesMax data of one chunk; larger ones are dead letters
 * @param beyondMillisMax log time after which missing output is given up for later output of the same terminal
 * @param silentMillisMax time after which missing output is given up where no later output comes
 * @param cachedTerminals terminals that each task keeps in memory
 * @param publishLines whether final lines go to muster.terminal-lines
 */
public record TerminalSettings(
        HistoryLimits history,
        WatchLimits watch,
        int chunkBytesMax,
        long beyondMillisMax,
        long silentMillisMax,
        int cachedTerminals,
        boolean publishLines) {
    private static final long DAY_MS = 86_400_000;

    private static final Setting LINES_MAX = Setting.number(
            "MUSTER_REGISTRY_HISTORY_LINES_MAX", 200_000, 1_000, 100_000_000, "Lines kept of one terminal.");
    private static final Setting BYTES_MAX = Setting.number(
            "MUSTER_REGISTRY_HISTORY_BYTES_MAX",
            32L << 20,
            256L << 10,
            1L << 40,
            "Bytes of text kept of one terminal.");
    private static final Setting AGE_MS_MAX = Setting.number(
            "MUSTER_REGISTRY_HISTORY_AGE_MS_MAX",
            30 * DAY_MS,
            60_000,
            3_650 * DAY_MS,
            "How long a line is kept, looked at when the terminal or its node has something new.");
    private static final Setting NODE_TERMINALS_MAX = Setting.number(
            "MUSTER_REGISTRY_HISTORY_NODE_TERMINALS_MAX", 200, 1, 100_000, "Terminals kept of one node.");
    private static final Setting NODE_BYTES_MAX = Setting.number(
            "MUSTER_REGISTRY_HISTORY_NODE_BYTES_MAX",
            128L << 20,
            1L << 20,
            1L << 42,
            "Bytes of text kept of all terminals of one node.");
    private static final Setting LEASE_MS_MAX =
            Setting.number("MUSTER_REGISTRY_WATCH_LEASE_MS_MAX", 300_000, 1_000, 3_600_000, "Longest watch lease.");
    private static final Setting NODE_LEASES_MAX = Setting.number(
            "MUSTER_REGISTRY_WATCH_NODE_LEASES_MAX", 256, 1, 2_048, "Watch leases on the terminals of one node.");
    private static final Setting WATCH_BYTES_PER_SECOND = Setting.number(
            "MUSTER_REGISTRY_WATCH_BYTES_PER_SECOND",
            2L << 20,
            1_024,
            1L << 30,
            "Bytes of live frames per lease and second; what is beyond is skipped, and that is said.");
    private static final Setting WATCH_BURST_BYTES = Setting.number(
            "MUSTER_REGISTRY_WATCH_BURST_BYTES",
            8L << 20,
            256L << 10,
            1L << 30,
            "Bytes of live frames at once per lease.");
    private static final Setting CHUNK_BYTES_MAX = Setting.number(
            "MUSTER_REGISTRY_CHUNK_BYTES_MAX",
            1 << 20,
            1_024,
            2 << 20,
            "Data of one chunk; larger ones are dead letters.");
    private static final Setting BEYOND_MS_MAX = Setting.number(
            "MUSTER_REGISTRY_OUTPUT_WAIT_MS",
            10_000,
            1_000,
            3_600_000,
            "How long missing output is waited for, in log time, before a gap is written into the history and later output of the terminal is taken.");
    private static final Setting SILENT_MS_MAX = Setting.number(
            "MUSTER_REGISTRY_OUTPUT_SILENT_MS",
            20_000,
            1_000,
            3_600_000,
            "How long missing output is waited for when no later output of its terminal comes, before a gap takes the place of all that is not there; only time counts in which the log could be read. Less than the 30 s after which viewers of an ended task are told that it has ended.");
    private static final Setting CACHED_TERMINALS = Setting.number(
            "MUSTER_REGISTRY_CACHED_TERMINALS", 256, 1, 100_000, "Terminals that each partition keeps in memory.");
    private static final Setting PUBLISH_LINES = Setting.text(
            "MUSTER_REGISTRY_PUBLISH_LINES", "true", "Whether final lines are written to the topic terminal-lines.");
    public static final List<Setting> SETTINGS = List.of(
            LINES_MAX,
            BYTES_MAX,
            AGE_MS_MAX,
            NODE_TERMINALS_MAX,
            NODE_BYTES_MAX,
            LEASE_MS_MAX,
            NODE_LEASES_MAX,
            WATCH_BYTES_PER_SECOND,
            WATCH_BURST_BYTES,
            CHUNK_BYTES_MAX,
            BEYOND_MS_MAX,
            SILENT_MS_MAX,
            CACHED_TERMINALS,
            PUBLISH_LINES);

    public static TerminalSettings from(Env env) {
        return new TerminalSettings(
                new HistoryLimits(
                        env.number(LINES_MAX),
                        env.number(BYTES_MAX),
                        env.number(AGE_MS_MAX),
                        env.integer(NODE_TERMINALS_MAX),
                        env.number(NODE_BYTES_MAX),
                        env.number(NodeLimits.MARKER_MS)),
                new WatchLimits(
                        env.number(LEASE_MS_MAX),
                        env.integer(NODE_LEASES_MAX),
                        env.number(WATCH_BYTES_PER_SECOND),
                        env.number(WATCH_BURST_BYTES)),
                env.integer(CHUNK_BYTES_MAX),
                env.number(BEYOND_MS_MAX),
                env.number(SILENT_MS_MAX),
                env.integer(CACHED_TERMINALS),
                env.flag(PUBLISH_LINES));
    }
}
