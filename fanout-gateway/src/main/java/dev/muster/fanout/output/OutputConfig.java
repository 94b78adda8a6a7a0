package dev.muster.fanout.output;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.time.Duration;
import java.util.List;

/**
 * Settings of downloads of output.
 *
 * @param readers consumers that read the topic
 * @param download within which a download must be read
 * @param silence a follower that is sent nothing for this long is cut
 */
public record OutputConfig(int readers, Downloads.Limits limits, Duration download, Duration silence) {
    public static final Setting READERS =
            Setting.number("MUSTER_FANOUT_OUTPUT_READERS", 2, 1, 64, "Consumers that read raw output for downloads.");
    public static final Setting DOWNLOADS_MAX = Setting.number(
            "MUSTER_FANOUT_OUTPUT_DOWNLOADS_MAX",
            64,
            1,
            10_000,
            "Downloads of output at once; each holds up to 2 MiB. An eighth is for admins alone.");
    public static final Setting DOWNLOADS_PER_USER_MAX = Setting.number(
            "MUSTER_FANOUT_OUTPUT_DOWNLOADS_PER_USER_MAX",
            16,
            1,
            10_000,
            "Downloads of output at once of a user who is no admin.");
    public static final Setting FOLLOWERS_MAX = Setting.number(
            "MUSTER_FANOUT_OUTPUT_FOLLOWERS_MAX",
            256,
            1,
            100_000,
            "Followed outputs at once; one is a download only while it has something to send. An eighth is for admins alone.");
    public static final Setting FOLLOWERS_PER_USER_MAX = Setting.number(
            "MUSTER_FANOUT_OUTPUT_FOLLOWERS_PER_USER_MAX",
            32,
            1,
            100_000,
            "Followed outputs at once of a user who is no admin.");
    public static final Setting DOWNLOAD_MS = Setting.number(
            "MUSTER_FANOUT_OUTPUT_DOWNLOAD_MS",
            3_600_000,
            1_000,
            604_800_000,
            "Within which a download is taken, but for a followed one; it is cut then.");
    public static final Setting SILENCE_MS = Setting.number(
            "MUSTER_FANOUT_OUTPUT_SILENCE_MS",
            3_600_000,
            1_000,
            604_800_000,
            "A followed output is cut when it brings nothing for so long.");
    public static final List<Setting> SETTINGS = List.of(
            READERS,
            DOWNLOADS_MAX,
            DOWNLOADS_PER_USER_MAX,
            FOLLOWERS_MAX,
            FOLLOWERS_PER_USER_MAX,
            DOWNLOAD_MS,
            SILENCE_MS);

    /** Mistakes stay in {@code env}. */
    public static OutputConfig from(Env env) {
        return new OutputConfig(
                env.integer(READERS),
                new Downloads.Limits(
                        env.integer(DOWNLOADS_MAX),
                        env.integer(DOWNLOADS_PER_USER_MAX),
                        env.integer(FOLLOWERS_MAX),
                        env.integer(FOLLOWERS_PER_USER_MAX)),
                Duration.ofMillis(env.number(DOWNLOAD_MS)),
                Duration.ofMillis(env.number(SILENCE_MS)));
    }
}
