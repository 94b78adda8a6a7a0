package dev.muster.ingress.session;

/**
 * Limits of one output stream.
 *
 * @param chunkBytesMax largest {@code OutputChunk.data}
 * @param windowBytes bytes taken and not yet acknowledged, after which no more is asked for
 * @param batchBytes size at which a record is handed on although an earlier one is still under way
 * @param terminalsMax terminals that have not ended on one stream
 */
public record OutputLimits(int chunkBytesMax, int windowBytes, int batchBytes, int terminalsMax) {}
