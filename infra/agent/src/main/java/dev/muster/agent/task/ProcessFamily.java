package dev.muster.agent.task;

/** The processes of a task: its leader and the processes that it started. Thread-safe. */
interface ProcessFamily {
    long pid();

    /** Waits until the leader has ended; to be called once, before {@link #reap}. */
    void awaitLeader();

    void signal(int signal);

    void kill();

    /** Whether another process than the leader still runs. */
    boolean hasOthers();

    /** Whether the leader has ended, so that {@link #reap} does not wait. Not after {@link #reap}. */
    boolean hasLeaderEnded();

    /** How the leader ended. No signal may be sent after it; processes that the task left behind run on. */
    ExitStatus reap();
}
