package dev.muster.fanout.lines;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lines of one terminal that follow each other.
 *
 * @param node its name
 * @param first number of the first line
 * @param times when the first byte of each line came, in milliseconds; null where that is unknown
 * @param continued the last line goes on in the next number
 */
public record LineBlock(
        String nodeId,
        String node,
        String terminal,
        long first,
        List<String> lines,
        List<@Nullable Long> times,
        boolean continued) {
    public LineBlock {
        lines = List.copyOf(lines);
        times = Collections.unmodifiableList(new ArrayList<>(times));
    }

    /** Number of the line after the last. */
    public long next() {
        return first + lines.size();
    }
}
