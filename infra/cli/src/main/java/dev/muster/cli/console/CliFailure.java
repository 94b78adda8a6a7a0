package dev.muster.cli.console;

/** Muster's own failure, as opposed to that of a command on a node: one line on standard error and exit code 125. */
public class CliFailure extends RuntimeException {
    public static final int EXIT_CODE = 125;

    public CliFailure(String oneLine) {
        super(oneLine);
    }

    public CliFailure(String oneLine, Throwable cause) {
        super(oneLine, cause);
    }
}
