package dev.muster.bench.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Why a process failed. The first line has the essential, how the process ended and what it said last, because many
 * readers see only the first line of a failure. The rest follows.
 */
public final class LastWords {
    private static final int LINE_CHARACTERS_MAX = 400;
    private static final int TAIL_LINES = 400;
    private static final long END_SECONDS = 5;
    private static final Pattern STACK = Pattern.compile("\\s+at .*|\\s*\\.\\.\\. \\d+ (common frames omitted|more)");

    private LastWords() {}

    /**
     * A file that a process writes to.
     *
     * @param name as in "its log"
     * @param from where this run's part begins
     */
    public record Source(String name, Path file, long from) {
        /** Before the process is started: what the file holds already is of others. */
        public static Source from(String name, Path file) throws IOException {
            return new Source(name, file, Files.exists(file) ? Files.size(file) : 0);
        }

        public String said() throws IOException {
            if (!Files.exists(file)) {
                return "";
            }
            byte[] all = Files.readAllBytes(file);
            int start = from > all.length ? 0 : (int) from;
            return new String(all, start, all.length - start, StandardCharsets.UTF_8);
        }
    }

    /**
     * @param name of the process
     * @param mayRun whether it may be expected to run still; else it is given a moment to end
     */
    public static String of(String name, Process process, Duration since, boolean mayRun, Source... sources)
            throws IOException {
        StringBuilder text = new StringBuilder(name).append(end(process, since, mayRun));
        for (Source source : sources) {
            String last = last(source.said());
            text.append("; ").append(source.name()).append(last.isEmpty() ? " says nothing" : " says last: " + last);
        }
        for (Source source : sources) {
            text.append("\n--- ")
                    .append(source.name())
                    .append(" (")
                    .append(source.file())
                    .append("):\n");
            text.append(tail(source.said()));
        }
        return text.toString();
    }

    private static String end(Process process, Duration since, boolean mayRun) throws IOException {
        String after = "%.1f s".formatted(since.toMillis() / 1e3);
        try {
            boolean runs = mayRun ? process.isAlive() : !process.waitFor(END_SECONDS, TimeUnit.SECONDS);
            return runs
                    ? " is still running after " + after
                    : " ended with exit code " + process.exitValue() + " after " + after;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The last line that is not empty, and none of a stack trace's frames. */
    static String last(String said) {
        List<String> lines = said.lines()
                .filter(line -> !line.isBlank() && !STACK.matcher(line).matches())
                .toList();
        if (lines.isEmpty()) {
            return "";
        }
        String line = lines.get(lines.size() - 1).strip();
        return line.length() <= LINE_CHARACTERS_MAX ? line : line.substring(0, LINE_CHARACTERS_MAX) + "...";
    }

    private static String tail(String said) {
        List<String> lines = said.lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    }
}
