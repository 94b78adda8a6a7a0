package dev.muster.e2e.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A terminal as a viewer shows it, from frames alone. */
final class Screen {
    private final String nodeId;
    private final String terminalId;
    private final TreeMap<Long, String> lines = new TreeMap<>();
    private final TreeMap<Long, Long> skipped = new TreeMap<>();
    private boolean attached;
    private boolean ended;
    private long firstLine;
    private long finalLine;
    private long nextLine;

    Screen(String nodeId, String terminalId) {
        this.nodeId = nodeId;
        this.terminalId = terminalId;
    }

    String nodeId() {
        return nodeId;
    }

    String terminalId() {
        return terminalId;
    }

    boolean isEnded() {
        return ended;
    }

    /** A frame with this screen's ref; returns what is wrong with it, or nothing. */
    String take(JsonNode frame) {
        switch (frame.path("type").asText()) {
            case "attached" -> {
                attached = true;
                firstLine = frame.path("firstLine").asLong();
                finalLine = frame.path("final").asLong();
                nextLine = frame.path("nextLine").asLong();
            }
            case "lines" -> {
                return lines(frame);
            }
            case "skipped" ->
                skipped.put(frame.path("from").asLong(), frame.path("to").asLong());
            case "ended" -> ended = true;
            default -> {
                // nothing that a picture shows
            }
        }
        return "";
    }

    private String lines(JsonNode frame) {
        long number = frame.path("firstLine").asLong();
        for (JsonNode line : frame.path("lines")) {
            String before = lines.put(number, line.asText());
            if (number < finalLine && before != null && !before.equals(line.asText())) {
                return "line %d of %s was final as '%s' and comes again as '%s'"
                        .formatted(number, terminalId, before, line.asText());
            }
            number++;
        }
        finalLine = Math.max(finalLine, frame.path("final").asLong());
        nextLine = frame.path("nextLine").asLong();
        lines.tailMap(nextLine, true).clear();
        return "";
    }

    /** What differs from the history, or nothing. */
    String differs(Optional<TerminalHistory> known) {
        if (!attached) {
            return "not attached to " + terminalId;
        }
        TerminalHistory history = known.orElse(TerminalHistory.getDefaultInstance());
        if (nextLine != history.getNextLine()) {
            return "%s ends at line %d instead of %d".formatted(terminalId, nextLine, history.getNextLine());
        }
        if (history.hasExit() && !ended) {
            return terminalId + " has not ended here";
        }
        for (Line line : history.getLinesList()) {
            String shown = lines.get(line.getNumber());
            boolean wanted = line.getNumber() >= firstLine && !isSkipped(line.getNumber());
            if (shown == null ? wanted : !shown.equals(line.getText())) {
                return "line %d of %s is '%s' instead of '%s'"
                        .formatted(line.getNumber(), terminalId, shown, line.getText());
            }
        }
        return "";
    }

    private boolean isSkipped(long number) {
        Map.Entry<Long, Long> run = skipped.floorEntry(number);
        return run != null && number < run.getValue();
    }
}
