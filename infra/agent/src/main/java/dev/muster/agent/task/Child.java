package dev.muster.agent.task;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.ptr.IntByReference;

/**
 * A process that the agent started, the leader of its own session and process group. Until {@link #reap} its process id
 * stays reserved, even after its end, so that a signal never reaches another process. Thread-safe.
 */
final class Child {
    private static final int SIGINFO_BYTES = 256;

    private final int pid;

    Child(int pid) {
        this.pid = pid;
    }

    long pid() {
        return pid;
    }

    /** Waits until the process has ended. */
    void awaitEnd() {
        Memory info = LibC.room(SIGINFO_BYTES);
        while (LibC.INSTANCE.waitid(LibC.P_PID, pid, info, LibC.WEXITED | LibC.WNOWAIT) != 0
                && Native.getLastError() == LibC.EINTR) {
            // again
        }
    }

    /** Whether the process has ended. Not after {@link #reap}. */
    boolean hasEnded() {
        try (Memory info = LibC.room(SIGINFO_BYTES)) {
            int result = LibC.INSTANCE.waitid(LibC.P_PID, pid, info, LibC.WEXITED | LibC.WNOHANG | LibC.WNOWAIT);
            // without a process that has ended the structure stays empty
            return result != 0 || info.getInt(0) != 0;
        }
    }

    /** How the process ended. Must be called once, after {@link #awaitEnd}. No signal may be sent after it. */
    ExitStatus reap() {
        IntByReference status = new IntByReference();
        while (true) {
            int ended = LibC.INSTANCE.waitpid(pid, status, 0);
            if (ended == pid) {
                return ExitStatus.ofWait(status.getValue());
            }
            if (Native.getLastError() != LibC.EINTR) {
                return ExitStatus.UNKNOWN;
            }
        }
    }

    /** Sends the signal to every process of the group, whether or not its leader has ended. */
    void signalGroup(int signal) {
        int unused = LibC.INSTANCE.kill(-pid, signal);
    }

    /** Whether a process of the group still runs beside the leader. */
    boolean hasCompany() {
        return ProcessTable.groupMembers(pid).stream().anyMatch(member -> member != pid);
    }
}
