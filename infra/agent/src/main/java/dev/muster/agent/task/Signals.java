package dev.muster.agent.task;

/** Signals as they are numbered on Linux. */
final class Signals {
    static final int HUP = 1;
    static final int KILL = 9;
    static final int TERM = 15;
    static final int CONT = 18;
    private static final int REAL_TIME_FIRST = 34;

    private static final String[] NAMES = {
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS"
    };

    private Signals() {}

    static String name(int signal) {
        if (signal > 0 && signal < NAMES.length) {
            return NAMES[signal];
        }
        return signal >= REAL_TIME_FIRST ? "RTMIN+" + (signal - REAL_TIME_FIRST) : String.valueOf(signal);
    }
}
