package dev.muster.fanout.lines;

import java.time.Duration;

/**
 * What a call asks for.
 *
 * @param user for whom cursors are made
 * @param cursor where the last answer ended; empty: begin with what there is; {@link #NOW}: begin with nothing
 * @param bytesMax of lines in the answer; one record more if the first is larger
 * @param patience if there is nothing new: how long to wait for it
 */
public record LinesRequest(String user, LineScope scope, String cursor, int bytesMax, Duration patience) {
    public static final String NOW = "now";
}
