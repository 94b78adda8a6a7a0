package dev.muster.fanout.lines;

import java.util.List;
import java.util.Optional;

/**
 * The answer to one call.
 *
 * @param cursor where the next call goes on
 * @param more whether there was more when the call began
 * @param expired why lines may be missing before these
 * @param unreadable records that could not be used, and whose lines are missing
 */
public record LinesPage(
        List<LineBlock> blocks, String cursor, boolean more, Optional<Expiry> expired, long unreadable) {
    public LinesPage {
        blocks = List.copyOf(blocks);
    }
}
