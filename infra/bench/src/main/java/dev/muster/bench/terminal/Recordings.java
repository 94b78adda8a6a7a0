package dev.muster.bench.terminal;

import java.io.IOException;
import java.io.InputStream;

/** What real programs sent to a terminal, recorded once. */
final class Recordings {

    private Recordings() {}

    /** The recordings again and again, exactly {@code bytes} of them. */
    static byte[] make(int bytes) throws IOException {
        try (InputStream in = Recordings.class.getResourceAsStream("recordings.raw")) {
            if (in == null) {
                throw new IllegalStateException("missing resource recordings.raw");
            }
            byte[] once = in.readAllBytes();
            byte[] all = new byte[bytes];
            for (int i = 0; i < bytes; i += once.length) {
                System.arraycopy(once, 0, all, i, Math.min(once.length, bytes - i));
            }
            return all;
        }
    }
}
