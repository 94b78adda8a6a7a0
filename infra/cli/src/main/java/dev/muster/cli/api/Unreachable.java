package dev.muster.cli.api;

import dev.muster.cli.console.CliFailure;

/** Muster did not answer: it does not run, the connection broke, or a deadline passed. Trying again may help. */
public final class Unreachable extends CliFailure {
    Unreachable(String oneLine, Throwable cause) {
        super(oneLine, cause);
    }
}
