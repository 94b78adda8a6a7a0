package dev.muster.fanout.resources.history;

import dev.muster.kit.limits.FairShares;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The lines of terminals, oldest terminal first, within one limit of bytes for all of them. If they have more,
 * terminals get equal shares and each keeps its end. If a share is too small to show anything, the oldest terminals are
 * left out.
 */
final class BoundedText {
    private static final String ELLIPSIS = "...";

    private final List<TerminalText> terminals = new ArrayList<>();

    void add(TerminalText terminal) {
        terminals.add(terminal);
    }

    /** @param bytesMax 0: no bound */
    String within(long bytesMax) {
        StringBuilder whole = new StringBuilder();
        terminals.forEach(terminal -> whole.append(terminal.whole()));
        if (bytesMax == 0 || bytes(whole.toString()) <= bytesMax) {
            return whole.toString();
        }
        for (int first = 0; first < terminals.size(); first++) {
            Optional<String> text = newest(first, bytesMax);
            if (text.isPresent()) {
                return text.get();
            }
        }
        return bytesMax > ELLIPSIS.length() ? ELLIPSIS + "\n" : "";
    }

    /** The terminals from one on; empty if there is no room for all of them. */
    private Optional<String> newest(int first, long bytesMax) {
        StringBuilder text = new StringBuilder();
        if (first > 0) {
            text.append(
                    TerminalText.marker(first + (first == 1 ? " older terminal" : " older terminals") + " left out"));
        }
        List<TerminalText> shown = terminals.subList(first, terminals.size());
        long[] shares = FairShares.of(
                shown.stream().mapToLong(terminal -> bytes(terminal.whole())).toArray(),
                bytesMax - bytes(text.toString()));
        for (int i = 0; i < shares.length; i++) {
            Optional<String> part = shown.get(i).within(shares[i]);
            if (part.isEmpty()) {
                return Optional.empty();
            }
            text.append(part.get());
        }
        return Optional.of(text.toString());
    }

    static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
