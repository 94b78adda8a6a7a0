package dev.muster.agent.task;

import dev.muster.proto.agent.v1.ProcessStarted;
import java.time.Instant;

/** Tells a process from a later one with the same number, also after a restart of the agent and whatever the clock did. */
final class ProcessIdentity {
    private ProcessIdentity() {}

    static ProcessStarted of(String taskId, long pid) {
        return ProcessStarted.newBuilder()
                .setTaskId(taskId)
                .setPid(pid)
                .setStartMillis(startMillis(pid))
                .setStartTicks(ProcessTable.startTicks(pid))
                .setBootId(ProcessTable.bootId())
                .build();
    }

    /** Whether processes of this one's group may be signalled: it runs itself, or it is gone and the others are of the same task. */
    static boolean isThere(ProcessStarted left) {
        if (left.getPid() <= 1) {
            return false;
        }
        if (left.getBootId().isEmpty()) {
            // of an agent that wrote down no more
            return left.getStartMillis() != 0 && startMillis(left.getPid()) == left.getStartMillis();
        }
        if (!left.getBootId().equals(ProcessTable.bootId())) {
            return false;
        }
        long ticks = ProcessTable.startTicks(left.getPid());
        return ticks == 0 ? hasLeftOthers(left) : ticks == left.getStartTicks();
    }

    private static boolean hasLeftOthers(ProcessStarted left) {
        return ProcessTable.groupMembers((int) left.getPid()).stream()
                .anyMatch(pid -> ProcessTable.hasVariable(pid, TaskEnvironment.TASK_ID, left.getTaskId()));
    }

    private static long startMillis(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(handle -> handle.info().startInstant())
                .map(Instant::toEpochMilli)
                .orElse(0L);
    }
}
