package dev.muster.fanout.lines;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.time.Duration;
import java.util.List;

/**
 * Settings of reading on.
 *
 * @param readers consumers that read the topic
 * @param budget of one call
 */
public record LinesConfig(int readers, Budget budget) {
    /**
     * What one call may use. If it used that up, it answers with what it has, and reports that there is more.
     *
     * @param bytesMax records that it reads, whether the user may see them or not
     * @param time it takes
     */
    public record Budget(long bytesMax, Duration time) {}

    public static final Setting READERS = Setting.number(
            "MUSTER_FANOUT_LINES_READERS", 2, 1, 64, "Consumers that read new lines for calls with a cursor.");
    public static final Setting READ_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_LINES_READ_BYTES_MAX",
            8 << 20,
            1 << 20,
            1 << 30,
            "Bytes of records that one call with a cursor reads, lines that its user may not see included; then it reports more.");
    public static final Setting READ_MS = Setting.number(
            "MUSTER_FANOUT_LINES_READ_MS",
            2_000,
            100,
            60_000,
            "How long one call with a cursor reads; then it reports more.");
    public static final List<Setting> SETTINGS = List.of(READERS, READ_BYTES_MAX, READ_MS);

    /** Mistakes stay in {@code env}. */
    public static LinesConfig from(Env env) {
        return new LinesConfig(
                env.integer(READERS), new Budget(env.number(READ_BYTES_MAX), Duration.ofMillis(env.number(READ_MS))));
    }
}
