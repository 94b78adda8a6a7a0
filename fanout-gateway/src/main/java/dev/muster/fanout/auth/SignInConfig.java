package dev.muster.fanout.auth;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.time.Duration;
import java.util.List;

/**
 * Settings of signing in, and of how often one may ask.
 *
 * @param code how long a sign-in code is good
 * @param tokenLifeMax of users' tokens
 * @param ticketAgain how long a used stream ticket lets its user in again beside a position
 */
public record SignInConfig(
        Duration code,
        Duration tokenLifeMax,
        Duration ticketAgain,
        int revocationsMax,
        int readsPerMinute,
        int signInsPerMinute,
        int failuresPerMinute) {
    public static final Setting CODE_MINUTES =
            Setting.number("MUSTER_FANOUT_SIGN_IN_CODE_MINUTES", 10, 1, 1_440, "How long a sign-in code is good.");
    public static final Setting TOKEN_HOURS_MAX = Setting.number(
            "MUSTER_FANOUT_TOKEN_HOURS_MAX",
            8_760,
            1,
            8_784,
            "Longest life of a user's token; one that was made for longer is refused.");
    public static final Setting TICKET_AGAIN_HOURS = Setting.number(
            "MUSTER_FANOUT_TICKET_AGAIN_HOURS",
            12,
            1,
            720,
            "How long a stream ticket that was used lets its user in again, beside a position of the feed.");
    public static final Setting REVOCATIONS_MAX = Setting.number(
            "MUSTER_FANOUT_REVOCATIONS_MAX",
            100_000,
            1,
            10_000_000,
            "Revoked tokens and ended sessions that are remembered at once; more are refused.");
    public static final Setting READS_PER_MINUTE = Setting.number(
            "MUSTER_FANOUT_READS_PER_MINUTE",
            60_000,
            1,
            10_000_000,
            "Reads that a user may make per minute, and at once.");
    public static final Setting SIGN_INS_PER_MINUTE = Setting.number(
            "MUSTER_FANOUT_SIGN_INS_PER_MINUTE",
            30,
            1,
            1_000_000,
            "Browser sessions that a user may begin per minute, and at once.");
    public static final Setting FAILED_SIGN_INS_PER_MINUTE = Setting.number(
            "MUSTER_FANOUT_FAILED_SIGN_INS_PER_MINUTE",
            600,
            1,
            1_000_000,
            "Wrong tokens and codes from one address per minute, and at once; further wrong ones get 429.");
    public static final List<Setting> SETTINGS = List.of(
            CODE_MINUTES,
            TOKEN_HOURS_MAX,
            TICKET_AGAIN_HOURS,
            REVOCATIONS_MAX,
            READS_PER_MINUTE,
            SIGN_INS_PER_MINUTE,
            FAILED_SIGN_INS_PER_MINUTE);

    /** Mistakes stay in {@code env}. */
    public static SignInConfig from(Env env) {
        return new SignInConfig(
                Duration.ofMinutes(env.number(CODE_MINUTES)),
                Duration.ofHours(env.number(TOKEN_HOURS_MAX)),
                Duration.ofHours(env.number(TICKET_AGAIN_HOURS)),
                env.integer(REVOCATIONS_MAX),
                env.integer(READS_PER_MINUTE),
                env.integer(SIGN_INS_PER_MINUTE),
                env.integer(FAILED_SIGN_INS_PER_MINUTE));
    }
}
