package dev.muster.agent.task;

import dev.muster.proto.agent.v1.ProcessStarted;
import java.time.Instant;

/**
 * Tells a process from a later one with the same process id, also after a restart of the agent and after any step of
 * the clock.
 */
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

    /**
     * Whether the processes of this group may be signalled: either the process itself runs, or it is gone and the
     * others belong to the same task.
     */
    static boolean isThere(ProcessStarted left) {
        if (left.getPid() <= 1) {
            return false;
        }
        if (left.getBootId().isEmpty()) {
            // written by an agent that stored no more than this
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
