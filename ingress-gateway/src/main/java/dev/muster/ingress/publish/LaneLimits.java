package dev.muster.ingress.publish;

/**
 * Limits of a lane, in bytes of record values.
 *
 * @param pendingBytesMax queued and not yet answered by the broker; beyond that nothing is taken
 * @param underWayBytesMax handed to the producer and not yet answered; below what its buffer takes
 * @param extraBytesMax as long as less than this is under way, the lane also serves its second source
 * @param stuckMillisMax without an answer, while something is under way, after which the broker counts as away
 */
public record LaneLimits(long pendingBytesMax, long underWayBytesMax, long extraBytesMax, long stuckMillisMax) {}
