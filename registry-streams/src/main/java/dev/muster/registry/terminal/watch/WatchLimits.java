package dev.muster.registry.terminal.watch;

/**
 * Bounds of watching.
 *
 * @param leaseMillisMax longest lease
 * @param nodeLeasesMax leases on all terminals of one node; more are not taken
 * @param bytesPerSecond bytes of frames per lease and second of log time
 * @param burstBytes bytes of frames that a lease may have at once
 */
public record WatchLimits(long leaseMillisMax, int nodeLeasesMax, long bytesPerSecond, long burstBytes) {}
