package dev.muster.local.data;

/** Why something could not start, said to a person in one line. */
public final class StartFailure extends RuntimeException {
    public StartFailure(String oneLine) {
        super(oneLine);
    }

    public StartFailure(String oneLine, Throwable cause) {
        super(oneLine, cause);
    }

    /** The innermost message of an unforeseen failure, on one line. */
    public static StartFailure from(String what, Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String why = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        return new StartFailure(what + ": " + why.replaceAll("\\s*\\R\\s*", "; "), cause);
    }
}
