package dev.muster.agent.task;

import java.util.Optional;

/**
 * The processes of a task: its leader, the leader's process group, and the control group if there is one. Thread-safe.
 */
final class ProcessFamily {
    private final Child leader;
    private final Cgroups cgroups;
    private final Optional<Cgroup> cgroup;

    ProcessFamily(Child leader, String taskId, Cgroups cgroups) {
        this.leader = leader;
        this.cgroups = cgroups;
        this.cgroup = cgroups.make(taskId);
    }

    long pid() {
        return leader.pid();
    }

    /** Waits until the leader has ended; to be called once, before {@link #reap}. */
    void awaitLeader() {
        cgroup.ifPresent(group -> group.take((int) leader.pid()));
        leader.awaitEnd();
    }

    void signal(int signal) {
        leader.signalGroup(signal);
        cgroup.ifPresent(group -> group.signalOutside((int) leader.pid(), signal));
    }

    void kill() {
        leader.signalGroup(Signals.KILL);
        cgroup.ifPresent(Cgroup::kill);
    }

    boolean hasOthers() {
        return leader.hasCompany() || cgroup.filter(group -> !group.isEmpty()).isPresent();
    }

    /** How the leader ended. No signal may be sent after it; processes that the task left behind run on. */
    ExitStatus reap() {
        ExitStatus status = leader.reap();
        cgroup.ifPresent(cgroups::remove);
        return status;
    }
}
