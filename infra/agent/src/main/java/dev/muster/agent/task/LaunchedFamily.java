package dev.muster.agent.task;

import java.util.Optional;

/** A leader, its process group, and the control group if there is one. */
final class LaunchedFamily implements ProcessFamily {
    private final Child leader;
    private final Cgroups cgroups;
    private final Optional<Cgroup> cgroup;

    LaunchedFamily(Child leader, String taskId, Cgroups cgroups) {
        this.leader = leader;
        this.cgroups = cgroups;
        this.cgroup = cgroups.make(taskId);
    }

    @Override
    public long pid() {
        return leader.pid();
    }

    @Override
    public void awaitLeader() {
        cgroup.ifPresent(group -> group.take((int) leader.pid()));
        leader.awaitEnd();
    }

    @Override
    public void signal(int signal) {
        leader.signalGroup(signal);
        cgroup.ifPresent(group -> group.signalOutside((int) leader.pid(), signal));
    }

    @Override
    public void kill() {
        leader.signalGroup(Signals.KILL);
        cgroup.ifPresent(Cgroup::kill);
    }

    @Override
    public boolean hasOthers() {
        return leader.hasCompany() || cgroup.filter(group -> !group.isEmpty()).isPresent();
    }

    @Override
    public boolean hasLeaderEnded() {
        return leader.hasEnded();
    }

    @Override
    public ExitStatus reap() {
        ExitStatus status = leader.reap();
        cgroup.ifPresent(cgroups::remove);
        return status;
    }
}
