package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.cli.console.PlainText;
import dev.muster.client.ApiClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Prints what is new since the last time, and keeps the place in a file. The place is written after the lines: a run
 * that ends between the two prints these lines once more.
 */
final class NewLines {
    /** Longer than the server waits at most. */
    private static final Duration ANSWER = Duration.ofSeconds(90);

    private static final Pattern LIKE_A_HEADER = Pattern.compile("\\\\*=== ");

    private final CliIo io;
    private final ApiClient api;
    private final Path file;
    private final OutputFormat output;

    /** @param file in which the cursor is kept */
    NewLines(CliIo io, ApiClient api, Path file, OutputFormat output) {
        this.io = io;
        this.api = api;
        this.file = file;
        this.output = output;
    }

    /**
     * @param path of the call, without its query
     * @param fromNow without a file: begin with nothing
     * @param waitSeconds if nothing is new: how long to wait for it
     */
    void print(String path, boolean fromNow, int waitSeconds) {
        String cursor = read(fromNow ? "now" : "");
        boolean more;
        do {
            JsonNode answer =
                    api.get(path + "?format=json&wait=" + waitSeconds + "&cursor=" + ApiClient.encode(cursor), ANSWER);
            if (answer.path("expired").asBoolean()) {
                io.say("lines may be missing here ("
                        + answer.path("expiredReason").asText() + ")");
            }
            if (answer.path("unreadable").asLong() > 0) {
                io.say(answer.path("unreadable").asLong() + " records with lines could not be read");
            }
            answer.path("terminals").forEach(this::print);
            io.flush();
            cursor = answer.path("cursor").asText();
            write(cursor);
            more = answer.path("more").asBoolean();
        } while (more);
    }

    private void print(JsonNode terminal) {
        if (output == OutputFormat.JSON) {
            io.print(Json.line(terminal));
            return;
        }
        io.print(PlainText.of("=== %s on %s from line %d%s"
                .formatted(
                        terminal.path("terminal").asText(),
                        terminal.path("node").asText(),
                        terminal.path("firstLine").asLong(),
                        terminal.path("continued").asBoolean() ? ", the last goes on" : "")));
        for (JsonNode line : terminal.path("lines")) {
            String text = line.asText();
            io.print(PlainText.of(LIKE_A_HEADER.matcher(text).lookingAt() ? "\\" + text : text));
        }
    }

    private String read(String otherwise) {
        try {
            String text = Files.readString(file).strip();
            return text.isEmpty() ? otherwise : text;
        } catch (NoSuchFileException e) {
            return otherwise;
        } catch (IOException e) {
            throw new CliFailure("cannot read the cursor in " + file + ": " + e, e);
        }
    }

    private void write(String cursor) {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.writeString(draft, cursor + "\n");
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new CliFailure("cannot keep the cursor in " + file + ": " + e, e);
        }
    }
}
