package dev.muster.bench.terminal;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Collection;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs {@link EngineBenchmark} in JVMs of its own and prints a line for each corpus and chunk size. */
final class EngineBenchmarkRun {

    private EngineBenchmarkRun() {}

    /**
     * @param arguments more options for JMH, separated by blanks
     * @throws IllegalArgumentException where JMH does not know them
     */
    static void run(String arguments, PrintStream out) throws IOException {
        try {
            String[] words =
                    arguments.isBlank() ? new String[0] : arguments.strip().split("\\s+", -1);
            Collection<RunResult> results = new Runner(new OptionsBuilder()
                            .parent(new CommandLineOptions(words))
                            .include(EngineBenchmark.class.getName())
                            .addProfiler(GCProfiler.class)
                            .build())
                    .run();
            out.printf("%-12s %8s %10s %14s%n", "corpus", "chunk", "MB/s", "allocated B/MB");
            for (RunResult result : results) {
                Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
                out.printf(
                        "%-12s %8s %10.0f %14.0f%n",
                        result.getParams().getParam("corpus"),
                        result.getParams().getParam("chunkBytes"),
                        result.getPrimaryResult().getScore(),
                        allocated == null ? Double.NaN : allocated.getScore());
            }
        } catch (CommandLineOptionException e) {
            throw new IllegalArgumentException(Arrays.toString(arguments.split(" ", -1)) + ": " + e.getMessage(), e);
        } catch (RunnerException e) {
            throw new IOException(e);
        }
    }
}
