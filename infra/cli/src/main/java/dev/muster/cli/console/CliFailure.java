package dev.muster.cli.console;

/**
 * A failure of Muster itself, in contrast to a failed command on a node: one line on standard error and exit code 125.
 */
public class CliFailure extends RuntimeException {
    public static final int EXIT_CODE = 125;

    public CliFailure(String oneLine) {
        super(oneLine);
    }

    public CliFailure(String oneLine, Throwable cause) {
        super(oneLine, cause);
    }
}
