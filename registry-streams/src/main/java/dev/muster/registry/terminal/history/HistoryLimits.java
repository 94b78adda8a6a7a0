package dev.muster.registry.terminal.history;

/**
 * How much history is kept.
 *
 * @param linesMax lines of one terminal
 * @param bytesMax bytes of text of one terminal
 * @param ageMillisMax age of a line, by append time; looked at whenever something is added
 * @param nodeTerminalsMax terminals of one node
 * @param nodeBytesMax bytes of text of all terminals of one node
 * @param markMillis how long the mark of a deleted node is kept
 */
public record HistoryLimits(
        long linesMax, long bytesMax, long ageMillisMax, int nodeTerminalsMax, long nodeBytesMax, long markMillis) {}
