package dev.muster.local.up;

import dev.muster.local.data.DataDir;

/**
 * The options of a local Muster. Port 0 picks a free one.
 *
 * @param demo number of demo nodes, whose agents run in this process
 * @param exposure which machines can reach it
 */
public record UpOptions(DataDir dir, int httpPort, int grpcPort, int kafkaPort, int demo, Exposure exposure) {}
