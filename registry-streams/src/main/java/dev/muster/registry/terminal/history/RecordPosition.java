package dev.muster.registry.terminal.history;

/** Where a record of muster.stdout is, and when it was appended. */
public record RecordPosition(String topicId, int partition, long offset, long atMillis) {}
