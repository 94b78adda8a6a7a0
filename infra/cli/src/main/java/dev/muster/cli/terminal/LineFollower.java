package dev.muster.cli.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Turns the lines of a live terminal, whose last ones may still change, into lines for an append-only stream. A line is
 * given out when it is settled: it is final, or another line follows it, or nothing happened for a while. If it changes
 * later, it is given out again.
 */
public final class LineFollower {
    private final Map<Long, String> window = new TreeMap<>();
    private final Map<Long, String> given = new TreeMap<>();
    private long settledTo;

    /** The first line that was not given out: where to resume after a lost connection. */
    public long settledTo() {
        return settledTo;
    }

    /** The first line that is neither given out nor waiting here. If the next lines begin after it, there is a gap. */
    public long expected() {
        long next = settledTo;
        while (window.containsKey(next)) {
            next++;
        }
        return next;
    }

    /** Forgets the lines before this one, the first that a viewer asked for. */
    public void startAt(long line) {
        settledTo = Math.max(settledTo, line);
    }

    /**
     * Takes lines by number.
     *
     * @param finalLines lines below this number no longer change
     * @param nextLine the number of the first line that does not exist yet
     * @return lines to give out now
     */
    public List<String> take(long firstLine, List<String> lines, long finalLines, long nextLine) {
        for (int i = 0; i < lines.size(); i++) {
            window.put(firstLine + i, lines.get(i));
        }
        window.keySet().removeIf(number -> number >= nextLine);
        List<String> out = settle(Math.max(finalLines, nextLine - 1));
        given.keySet().removeIf(number -> number < finalLines || number >= nextLine);
        return out;
    }

    /** Nothing happened for a while, or the terminal ended: everything is settled. */
    public List<String> quiet() {
        return settle(Long.MAX_VALUE);
    }

    private List<String> settle(long toExclusive) {
        List<String> out = new ArrayList<>();
        window.entrySet().removeIf(entry -> {
            long number = entry.getKey();
            if (number >= toExclusive) {
                return false;
            }
            boolean isNew = number >= settledTo;
            String before = given.get(number);
            if (isNew || (before != null && !before.equals(entry.getValue()))) {
                out.add(entry.getValue());
                given.put(number, entry.getValue());
            }
            settledTo = Math.max(settledTo, number + 1);
            return true;
        });
        return out;
    }
}
