package dev.muster.agent.task;

import com.sun.jna.Library;
import com.sun.jna.Native;

/** Signals to whole process groups, which the Java platform cannot send. Numbers as on Linux. */
final class Signals {
    static final int HUP = 1;
    static final int KILL = 9;
    static final int TERM = 15;

    private static final String[] NAMES = {
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS"
    };

    private final LibC libc = Native.load("c", LibC.class);

    /** The C library. */
    interface LibC extends Library {
        int kill(int pid, int signal);
    }

    /** To the group that the process leads; true if there was one. */
    boolean toGroup(long pid, int signal) {
        return pid > 1 && libc.kill((int) -pid, signal) == 0;
    }

    /** Name of the signal within an exit code of 128 + n, or an empty string. */
    static String nameWithin(int exitCode) {
        int signal = exitCode - 128;
        return signal > 0 && signal < NAMES.length ? NAMES[signal] : "";
    }
}
