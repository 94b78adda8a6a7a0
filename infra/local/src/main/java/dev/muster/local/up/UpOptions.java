package dev.muster.local.up;

import dev.muster.local.data.DataDir;

/**
 * What a local Muster is asked to be. Port 0 picks a free one.
 *
 * @param demo how many demo nodes, whose agents run in this process
 * @param exposure whom it lets in
 */
public record UpOptions(DataDir dir, int httpPort, int grpcPort, int kafkaPort, int demo, Exposure exposure) {}
