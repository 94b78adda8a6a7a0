package dev.muster.registry.task;

import dev.muster.proto.records.v1.Task;

/**
 * Converts an agent's times to the log's clock. An agent's time is used unchanged if it lies between the log times
 * known to be before and after it. Otherwise the agent's clock is wrong: then the start is when the registry received
 * it, and the end is later by the difference on the agent's clock. The agent's own times are kept beside it. Pure.
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
