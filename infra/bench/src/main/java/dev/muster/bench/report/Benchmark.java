package dev.muster.bench.report;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;

/**
 * Runs a benchmark and prints its report in every case: if a wait runs out, the missing figures are reported as not
 * measured. A fault is reported after that and passed on.
 */
public final class Benchmark {
    /** All that was promised was measured and reaches its bar. */
    public static final int PASSED = 0;
    /** A figure misses its bar, or was not measured. */
    public static final int NOT_PASSED = 1;

    private Benchmark() {}

    /** Measures into the figures; its findings about the machine go into the calibration. */
    public interface Body {
        void run(Figures figures, Calibration calibration) throws IOException, InterruptedException;
    }

    /** @return the exit code */
    public static int run(String name, boolean quick, PrintStream out, Progress progress, Body body)
            throws IOException, InterruptedException {
        Figures figures = new Figures(progress);
        Calibration calibration = new Calibration(progress);
        String reason = "the benchmark ended without it";
        try {
            body.run(figures, calibration);
        } catch (IOException | RuntimeException e) {
            Optional<WaitRanOut> ranOut = WaitRanOut.in(e);
            if (ranOut.isEmpty()) {
                new Report(name, quick, calibration, figures.finish("a fault ended the benchmark: " + firstLine(e)))
                        .print(out);
                throw e;
            }
            reason = ranOut.get().reason();
        }
        Report report = new Report(name, quick, calibration, figures.finish(reason));
        report.print(out);
        return report.pass() ? PASSED : NOT_PASSED;
    }

    /** The rest may be a process's log; it is passed on with the fault. */
    private static String firstLine(Exception fault) {
        return fault.toString().lines().findFirst().orElse("");
    }
}
