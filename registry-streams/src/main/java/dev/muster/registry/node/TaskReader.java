package dev.muster.registry.node;

import dev.muster.proto.records.v1.Task;
import java.util.Optional;
import java.util.OptionalLong;

/** Stored tasks of one node. */
public interface TaskReader {
    Optional<Task> task(long sequence);

    OptionalLong sequenceOf(String taskId);
}
