package dev.muster.fanout.transport.entry;

import dev.muster.fanout.live.host.StreamLimits;
import dev.muster.fanout.log.catchup.CatchUp;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.time.Duration;
import java.util.List;

/**
 * Settings of the live feed.
 *
 * @param heartbeat how long a session may be silent before it sends a heartbeat
 * @param threads that run sessions, each its share of them
 * @param lease how long a watch lives upstream without renewal
 * @param ringBytesMax of recent records in memory, for each of the two topics
 * @param historyBytesMax of scrollback that all attaches together hold
 */
public record StreamConfig(
        StreamLimits session,
        Duration heartbeat,
        int threads,
        int sessionsMax,
        int sessionsPerUserMax,
        int sessionsPerAddressMax,
        int frameBytesMax,
        Duration lease,
        long ringBytesMax,
        Duration ringLinger,
        long ringBackRecords,
        CatchUp.Limits catchUp,
        long historyBytesMax,
        Duration drain) {
    private static final Duration CATCH_UP_PASS = Duration.ofSeconds(1);

    public static final Setting THREADS =
            Setting.number("MUSTER_FANOUT_STREAM_THREADS", 2, 1, 64, "Threads that run the sessions of viewers.");
    public static final Setting SESSIONS_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_SESSIONS_MAX", 20_000, 1, 1_000_000, "Sessions on this gateway; more get 503.");
    public static final Setting SESSIONS_PER_USER_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_SESSIONS_PER_USER_MAX",
            1_000,
            1,
            1_000_000,
            "Sessions of one user on this gateway; more are closed with 4429.");
    public static final Setting SESSIONS_PER_ADDRESS_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_SESSIONS_PER_ADDRESS_MAX",
            5_000,
            1,
            1_000_000,
            "Sessions from one address on this gateway, a proxy's too; more get 429.");
    public static final Setting FRAME_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_FRAME_BYTES_MAX",
            64 << 10,
            1 << 10,
            16 << 20,
            "Largest frame taken from a client; a larger one closes the socket with 1009.");
    public static final Setting OPEN_TIMEOUT_MS = Setting.number(
            "MUSTER_FANOUT_STREAM_OPEN_TIMEOUT_MS", 10_000, 50, 600_000, "Within which the open frame comes.");
    public static final Setting FRAME_DEADLINE_MS = Setting.number(
            "MUSTER_FANOUT_STREAM_FRAME_DEADLINE_MS",
            15_000,
            100,
            600_000,
            "A viewer that does not take what is in flight, at most 64 KiB and one frame, within this time is cut (4508).");
    public static final Setting PING_MS =
            Setting.number("MUSTER_FANOUT_STREAM_PING_MS", 15_000, 100, 600_000, "How often a viewer is pinged.");
    public static final Setting HEARTBEAT_MS = Setting.number(
            "MUSTER_FANOUT_STREAM_HEARTBEAT_MS",
            5_000,
            1_000,
            600_000,
            "A session that has sent nothing for this long sends a heartbeat frame, so that viewers notice a gateway that is silent.");
    public static final Setting PONG_DEADLINE_MS = Setting.number(
            "MUSTER_FANOUT_STREAM_PONG_DEADLINE_MS",
            30_000,
            100,
            600_000,
            "A viewer that does not answer a ping within this time is cut (4509).");
    public static final Setting ATTACHES_MAX =
            Setting.number("MUSTER_FANOUT_STREAM_ATTACHES_MAX", 16, 1, 1_000, "Terminals in one session at once.");
    public static final Setting OPS_PER_SECOND = Setting.number(
            "MUSTER_FANOUT_STREAM_OPS_PER_SECOND",
            100,
            1,
            100_000,
            "Frames per second taken from a client on average; twice as many at once. More get an error.");
    public static final Setting INPUT_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_INPUT_BYTES_MAX", 32 << 10, 1, 512 << 10, "Largest input of one frame.");
    public static final Setting ATTACH_LINES_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_ATTACH_LINES_MAX",
            1_000,
            1,
            10_000,
            "Lines of scrollback that an attach may ask for.");
    public static final Setting ATTACH_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_ATTACH_BYTES_MAX",
            1 << 20,
            1 << 10,
            64 << 20,
            "Scrollback, or repaint, read for one attach at once.");
    public static final Setting ATTACH_LAG_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_ATTACH_LAG_BYTES_MAX",
            512 << 10,
            1 << 10,
            1 << 30,
            "Terminal output that may wait for a slow viewer; then it is skipped, and said.");
    public static final Setting SNAPSHOT_PAGE_NODES =
            Setting.number("MUSTER_FANOUT_STREAM_SNAPSHOT_PAGE_NODES", 100, 1, 10_000, "Nodes in one snapshot frame.");
    public static final Setting LEASE_MS = Setting.number(
            "MUSTER_FANOUT_STREAM_LEASE_MS",
            60_000,
            1_000,
            3_600_000,
            "How long terminal output goes on being sent for a gateway that died.");
    public static final Setting LEASE_ANSWER_MS = Setting.number(
            "MUSTER_FANOUT_STREAM_LEASE_ANSWER_MS",
            2_500,
            50,
            60_000,
            "Within which a watch is answered before it is asked for again; twelve times in all.");
    public static final Setting RING_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_RING_BYTES_MAX",
            32 << 20,
            64 << 10,
            64L << 30,
            "Recent records held in memory for all viewers, for each of the topics views and view-terminals.");
    public static final Setting RING_LINGER_MS = Setting.number(
            "MUSTER_FANOUT_STREAM_RING_LINGER_MS",
            60_000,
            0,
            86_400_000,
            "How long a partition is followed after its last viewer has gone.");
    public static final Setting RING_BACK_RECORDS = Setting.number(
            "MUSTER_FANOUT_STREAM_RING_BACK_RECORDS",
            8_000,
            0,
            10_000_000,
            "How many records back from the end a viewer can resume on a gateway that has not followed the partition.");
    public static final Setting CATCH_UP_READERS = Setting.number(
            "MUSTER_FANOUT_STREAM_CATCH_UP_READERS",
            2,
            1,
            64,
            "Readers of what is no longer in memory, for all viewers that are behind.");
    public static final Setting CATCH_UP_QUANTUM_BYTES = Setting.number(
            "MUSTER_FANOUT_STREAM_CATCH_UP_QUANTUM_BYTES",
            1 << 20,
            1 << 10,
            256 << 20,
            "Read for the viewers of one partition before the next partition has its turn.");
    public static final Setting CATCH_UP_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_CATCH_UP_BYTES_MAX",
            16 << 20,
            64 << 10,
            64L << 30,
            "What was read for viewers that are behind and is still held for the next ones.");
    public static final Setting CATCH_UP_RECORDS_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_CATCH_UP_RECORDS_MAX",
            200_000,
            0,
            1_000_000_000,
            "Records of a partition that are read again for one viewer; one that is further behind gets a gap and a new snapshot, which costs less.");
    public static final Setting LAGGING_RECORDS = Setting.number(
            "MUSTER_FANOUT_STREAM_LAGGING_RECORDS",
            1_000,
            1,
            1_000_000_000,
            "Changes that wait for a viewer before it counts as lagging: of several changes of a node it then gets the last.");
    public static final Setting HISTORY_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_STREAM_HISTORY_BYTES_MAX",
            64 << 20,
            1 << 20,
            64L << 30,
            "Scrollback held for all attaches together; more wait.");
    public static final Setting DRAIN_MS = Setting.number(
            "MUSTER_FANOUT_STREAM_DRAIN_MS",
            10_000,
            0,
            600_000,
            "Over which sessions are closed (1012) when the gateway stops; few take less, 20 ms each.");
    /** Every setting, for the reference table. */
    public static final List<Setting> SETTINGS = List.of(
            THREADS,
            SESSIONS_MAX,
            SESSIONS_PER_USER_MAX,
            SESSIONS_PER_ADDRESS_MAX,
            FRAME_BYTES_MAX,
            OPEN_TIMEOUT_MS,
            FRAME_DEADLINE_MS,
            PING_MS,
            HEARTBEAT_MS,
            PONG_DEADLINE_MS,
            ATTACHES_MAX,
            OPS_PER_SECOND,
            INPUT_BYTES_MAX,
            ATTACH_LINES_MAX,
            ATTACH_BYTES_MAX,
            ATTACH_LAG_BYTES_MAX,
            SNAPSHOT_PAGE_NODES,
            LEASE_MS,
            LEASE_ANSWER_MS,
            RING_BYTES_MAX,
            RING_LINGER_MS,
            RING_BACK_RECORDS,
            CATCH_UP_READERS,
            CATCH_UP_QUANTUM_BYTES,
            CATCH_UP_BYTES_MAX,
            CATCH_UP_RECORDS_MAX,
            LAGGING_RECORDS,
            HISTORY_BYTES_MAX,
            DRAIN_MS);

    /** Mistakes stay in {@code env}; the caller reports all of them together. */
    public static StreamConfig from(Env env) {
        return new StreamConfig(
                new StreamLimits(
                        millis(env, OPEN_TIMEOUT_MS),
                        millis(env, FRAME_DEADLINE_MS),
                        millis(env, PING_MS),
                        millis(env, PONG_DEADLINE_MS),
                        env.integer(ATTACHES_MAX),
                        env.integer(OPS_PER_SECOND),
                        env.integer(INPUT_BYTES_MAX),
                        env.integer(ATTACH_LINES_MAX),
                        env.integer(ATTACH_BYTES_MAX),
                        env.number(ATTACH_LAG_BYTES_MAX),
                        env.integer(SNAPSHOT_PAGE_NODES),
                        env.number(CATCH_UP_RECORDS_MAX),
                        env.number(LAGGING_RECORDS),
                        millis(env, LEASE_ANSWER_MS)),
                millis(env, HEARTBEAT_MS),
                env.integer(THREADS),
                env.integer(SESSIONS_MAX),
                env.integer(SESSIONS_PER_USER_MAX),
                env.integer(SESSIONS_PER_ADDRESS_MAX),
                env.integer(FRAME_BYTES_MAX),
                millis(env, LEASE_MS),
                env.number(RING_BYTES_MAX),
                millis(env, RING_LINGER_MS),
                env.number(RING_BACK_RECORDS),
                new CatchUp.Limits(
                        env.integer(CATCH_UP_READERS),
                        env.integer(CATCH_UP_QUANTUM_BYTES),
                        CATCH_UP_PASS,
                        env.number(CATCH_UP_BYTES_MAX)),
                env.number(HISTORY_BYTES_MAX),
                millis(env, DRAIN_MS));
    }

    /** Of each of the two topics. */
    public PartitionTails.Limits tails() {
        return new PartitionTails.Limits(ringBytesMax, ringLinger, ringBackRecords);
    }

    private static Duration millis(Env env, Setting setting) {
        return Duration.ofMillis(env.number(setting));
    }
}
