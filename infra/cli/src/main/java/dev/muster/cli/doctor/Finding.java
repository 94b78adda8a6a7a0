package dev.muster.cli.doctor;

/**
 * The result of one check.
 *
 * @param advice what to do; empty when all is well
 */
record Finding(Grade grade, String what, String advice) {
    /** How bad it is. */
    public enum Grade {
        OK,
        WARN,
        BAD
    }

    public static Finding ok(String what) {
        return new Finding(Grade.OK, what, "");
    }

    public static Finding warn(String what, String advice) {
        return new Finding(Grade.WARN, what, advice);
    }

    public static Finding bad(String what, String advice) {
        return new Finding(Grade.BAD, what, advice);
    }
}
