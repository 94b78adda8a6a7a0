package dev.muster.cli;

import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.terminal.text.TextFilter;
import dev.muster.terminal.text.TextOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The terminal engine as a filter. {@code infra/muster text} runs it from one jar, without this class. This class only
 * lists, explains and completes the command.
 */
@Command(
        name = "text",
        mixinStandardHelpOptions = true,
        description = {
            "Turn what a terminal received, on standard input, into the lines that a person would have seen scroll by.",
            "No escape sequences, progress bars as they ended, nothing of full-screen programs."
        })
final class TextCommand implements Runnable {
    @Option(
            names = "--cols",
            paramLabel = "N",
            description = "Width of the terminal, 160 unless given; 0: no wrapping.")
    @Nullable
    String cols;

    @Option(names = "--rows", paramLabel = "N", description = "Height of the terminal, 100 unless given.")
    @Nullable
    String rows;

    @Option(
            names = "--lf",
            paramLabel = "crlf|raw",
            description =
                    "Whether a line feed also returns to the first column (crlf, unless given) or only moves down.")
    @Nullable
    String lf;

    @Option(
            names = "--chunk",
            paramLabel = "N",
            description = "Feed N bytes at a time, and save and restore the state in between.")
    @Nullable
    String chunk;

    private final CliIo io;

    TextCommand(CliIo io) {
        this.io = io;
    }

    @Override
    public void run() {
        List<String> words = new ArrayList<>();
        add(words, "--cols", cols);
        add(words, "--rows", rows);
        add(words, "--lf", lf);
        add(words, "--chunk", chunk);
        try {
            TextFilter.run(System.in, io.out(), TextOptions.parse(words));
        } catch (TextOptions.BadOption | IOException e) {
            throw new CliFailure("text: " + e.getMessage(), e);
        }
    }

    private static void add(List<String> words, String name, @Nullable String value) {
        if (value != null) {
            words.add(name + "=" + value);
        }
    }
}
