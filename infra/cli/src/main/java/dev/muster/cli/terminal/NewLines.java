package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.cli.console.PlainText;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiRequest;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Prints what is new since the last time, and keeps the place in a file. The place is written after the lines: a run
 * that ends between the two prints these lines once more.
 */
final class NewLines {
    /** Longer than the server waits at most. */
    private static final Duration ANSWER = Duration.ofSeconds(90);

    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long ROUND_UP_NANOS = SECOND_NANOS - 1;

    private static final Pattern LIKE_A_HEADER = Pattern.compile("\\\\*=== ");

    private final CliIo io;
    private final ApiClient api;
    private final CursorFile file;
    private final OutputFormat output;

    NewLines(CliIo io, ApiClient api, CursorFile file, OutputFormat output) {
        this.io = io;
        this.api = api;
        this.file = file;
        this.output = output;
    }

    /**
     * @param path of the call, without its query
     * @param fromNow without a file: begin with nothing
     * @param waitSeconds if nothing is new: how long to wait for it, all calls together
     */
    void print(String path, boolean fromNow, int waitSeconds) {
        String cursor = file.read().orElse(fromNow ? "now" : "");
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(waitSeconds);
        JsonNode answer = ask(path, cursor, until);
        while (true) {
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
            file.write(cursor);
            if (!answer.path("more").asBoolean()) {
                return;
            }
            // waits no longer: on a busy node something is always new within seconds, and this would never end
            answer = ask(path, cursor, System.nanoTime());
        }
    }

    /** A call that is asked again waits for the rest of the time. */
    private JsonNode ask(String path, String cursor, long untilNanos) {
        return api.get(() -> {
            long wait = Math.max(0, untilNanos - System.nanoTime() + ROUND_UP_NANOS) / SECOND_NANOS;
            return ApiRequest.get(path + "?format=json&wait=" + wait + "&cursor=" + ApiClient.encode(cursor))
                    .within(ANSWER);
        });
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
}
