package dev.muster.contract.topics;

/** Tells failures apart for the log: by what was thrown, why, and the line of code where it began. */
public final class FailureKind {
    private static final int CAUSES_MAX = 8;

    private FailureKind() {}

    /** Two failures of one kind give the same text, whatever their messages. */
    public static String of(Throwable failure) {
        Throwable root = failure;
        for (int depth = 0; depth < CAUSES_MAX && root.getCause() != null; depth++) {
            root = root.getCause();
        }
        StackTraceElement[] trace = root.getStackTrace();
        String where = trace.length == 0 ? "" : " at " + trace[0].getClassName() + ":" + trace[0].getLineNumber();
        return failure.getClass().getName() + " " + root.getClass().getName() + where;
    }
}
