package dev.muster.registry.task;

import dev.muster.proto.records.v1.Task;

/**
 * Puts what an agent says of times on the log's clock. An agent's time is taken as it is where it lies between what the log knows
 * to be before and after it. Otherwise its clock is wrong: then the start is when the registry heard of it, and the end is as much
 * later as the agent's clock says. What the agent said is kept beside it. Pure.
 */
final class AgentTimes {
    private AgentTimes() {}

    static Task.Builder started(Task.Builder task, long agentMillis, long logMillis) {
        return task.setAgentStartedAtMillis(agentMillis)
                .setStartedAtMillis(plausible(agentMillis, task.getDispatchedAtMillis(), logMillis));
    }

    static Task.Builder ended(Task.Builder task, long agentMillis, long logMillis) {
        task.setAgentEndedAtMillis(agentMillis);
        if (task.getStartedAtMillis() == 0) {
            return task.setEndedAtMillis(plausible(agentMillis, task.getDispatchedAtMillis(), logMillis));
        }
        // a task that an older release saw start has the agent's own time of it
        long agentStarted =
                task.getAgentStartedAtMillis() == 0 ? task.getStartedAtMillis() : task.getAgentStartedAtMillis();
        long ran = agentMillis - agentStarted;
        boolean known = agentMillis > 0 && agentStarted > 0 && ran >= 0;
        long latest = Math.max(task.getStartedAtMillis(), logMillis);
        return task.setEndedAtMillis(
                known && ran <= latest - task.getStartedAtMillis() ? task.getStartedAtMillis() + ran : latest);
    }

    private static long plausible(long agentMillis, long from, long to) {
        return agentMillis >= from && agentMillis <= to ? agentMillis : to;
    }
}
