package dev.muster.bench;

/** Runs benchmarks without the rest of the command line: {@code terminal [--quick]}. */
public final class BenchMain {

    private BenchMain() {}

    public static void main(String[] args) {
        System.exit(BenchCommand.commandLine(System.out, System.err).execute(args));
    }
}
