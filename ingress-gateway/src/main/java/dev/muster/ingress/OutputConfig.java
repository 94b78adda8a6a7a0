package dev.muster.ingress;

import dev.muster.ingress.backlog.BacklogLimits;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.util.List;

/**
 * Limits of output, from one chunk to everything under way.
 *
 * @param bytesMax unacknowledged, of all agents; beyond twice as much no output is taken
 */
record OutputConfig(
        int chunkBytesMax,
        int windowBytes,
        long bytesMax,
        int batchBytes,
        int terminalsPerStreamMax,
        int acksUnreadMillis,
        BacklogLimits backlog) {
    private static final Setting CHUNK_BYTES_MAX = Setting.number(
            "MUSTER_INGRESS_CHUNK_BYTES_MAX", 32_768, 1_024, 131_072, "Largest piece of output; told to agents.");
    private static final Setting OUTPUT_WINDOW_BYTES = Setting.number(
            "MUSTER_INGRESS_OUTPUT_WINDOW_BYTES",
            524_288,
            32_768,
            16_777_216,
            "Unacknowledged output of one agent; told to agents.");
    private static final Setting OUTPUT_BYTES_MAX = Setting.number(
            "MUSTER_INGRESS_OUTPUT_BYTES_MAX",
            16_777_216,
            1_048_576,
            17_179_869_184L,
            "Unacknowledged output of all agents up to which more is asked for; nothing is taken beyond twice as much.");
    private static final Setting BATCH_BYTES = Setting.number(
            "MUSTER_INGRESS_BATCH_BYTES",
            32_768,
            1_024,
            262_144,
            "Small pieces of output of one stream wait for each other up to this size while an earlier record is under way.");
    private static final Setting TERMINALS_PER_STREAM_MAX = Setting.number(
            "MUSTER_INGRESS_TERMINALS_PER_STREAM_MAX", 1_024, 1, 65_536, "Terminals that print on one stream.");
    private static final Setting ACKS_UNREAD_MS = Setting.number(
            "MUSTER_INGRESS_ACKS_UNREAD_MS",
            30_000,
            100,
            3_600_000,
            "How long an agent may leave acknowledgements of its output unread; beyond that its output stream is ended.");

    private static final Setting REGISTRY_AHEAD_MS = Setting.number(
            "MUSTER_INGRESS_REGISTRY_AHEAD_MS",
            150,
            0,
            60_000,
            "Output of agents that print much is held back so that the registry is about that far behind it at most; 0: it is not.");
    private static final Setting REGISTRY_AHEAD_BYTES_MIN = Setting.number(
            "MUSTER_INGRESS_REGISTRY_AHEAD_BYTES_MIN",
            524_288,
            65_536,
            1_073_741_824,
            "Output of one partition by which the registry may always be behind; a stream with a sixteenth of it never waits.");
    private static final Setting REGISTRY_SILENCE_MS = Setting.number(
            "MUSTER_INGRESS_REGISTRY_SILENCE_MS",
            3_000,
            100,
            600_000,
            "When the registry has made no progress for that long, output no longer waits for it.");

    static final List<Setting> SETTINGS = List.of(
            CHUNK_BYTES_MAX,
            OUTPUT_WINDOW_BYTES,
            OUTPUT_BYTES_MAX,
            BATCH_BYTES,
            TERMINALS_PER_STREAM_MAX,
            ACKS_UNREAD_MS,
            REGISTRY_AHEAD_MS,
            REGISTRY_AHEAD_BYTES_MIN,
            REGISTRY_SILENCE_MS);

    static OutputConfig from(Env env) {
        return new OutputConfig(
                env.integer(CHUNK_BYTES_MAX),
                env.integer(OUTPUT_WINDOW_BYTES),
                env.number(OUTPUT_BYTES_MAX),
                env.integer(BATCH_BYTES),
                env.integer(TERMINALS_PER_STREAM_MAX),
                env.integer(ACKS_UNREAD_MS),
                new BacklogLimits(
                        1_000_000L * env.integer(REGISTRY_AHEAD_MS),
                        env.number(REGISTRY_AHEAD_BYTES_MIN),
                        1_000_000L * env.integer(REGISTRY_SILENCE_MS)));
    }
}
