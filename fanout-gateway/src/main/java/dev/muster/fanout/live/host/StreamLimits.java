package dev.muster.fanout.live.host;

import java.time.Duration;

/**
 * Bounds of one session.
 *
 * @param openTimeout within which the {@code open} frame must arrive
 * @param frameDeadline within which the frames in flight must be written, or the socket is cut
 * @param pingEvery when to ping
 * @param pongDeadline within which a ping must be answered, or the socket is cut
 * @param attachesMax at once
 * @param opsPerSecond client frames per second, on average; twice as many at once
 * @param inputBytesMax of one {@code input}
 * @param linesMax lines of scrollback that an attach may ask for
 * @param historyBytesMax of scrollback read for one attach
 * @param attachLagBytesMax of terminal output that may wait for a slow viewer before it is skipped
 * @param snapshotPageNodes nodes per snapshot frame
 * @param catchUpRecordsMax of a partition that are read again for a session behind the ring; a session further behind
 *     gets a gap
 * @param laggingRecords that wait for a session before it counts as lagging
 * @param leaseAnswer how long to wait for the registry's answer to a lease before asking again
 */
public record StreamLimits(
        Duration openTimeout,
        Duration frameDeadline,
        Duration pingEvery,
        Duration pongDeadline,
        int attachesMax,
        int opsPerSecond,
        int inputBytesMax,
        int linesMax,
        int historyBytesMax,
        long attachLagBytesMax,
        int snapshotPageNodes,
        long catchUpRecordsMax,
        long laggingRecords,
        Duration leaseAnswer) {}
