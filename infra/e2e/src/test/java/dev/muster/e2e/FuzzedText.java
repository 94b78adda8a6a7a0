package dev.muster.e2e;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;

/** Random texts: usual ones, ones at the edge of what is allowed, and ids that exist. None is harmful as a command. */
final class FuzzedText {
    private static final String[] EDGES = {
        "",
        " ",
        "0",
        "-1",
        "true",
        "null",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "1e400",
        "NaN",
        "2026-12-01T00:00:00Z",
        "%00",
        "%zz",
        "..",
        "../../..",
        "a=b,c=d",
        "((a{9}){9}){9}",
        "(((((((((",
        "[[:alpha:]]",
        "\\pL{1000}",
        "(?i)é{1000}",
        "bytes=0-",
        "bytes=5-1",
        "bytes=99999999999999999999-",
        "\u0000",
        "\u001b[31m",
        "\u009b2J",
        "\u202e\u2066",
        "\ufeff",
        "é€😀",
        "\uffff",
        "{}",
        "[]",
        "\"",
        "'",
        "<b>",
        "${x}",
        "fleet:*",
        "user:admin",
        "group:ops",
    };

    private final Random random;
    private final List<String> known;

    /** @param known ids that exist; may grow */
    FuzzedText(Random random, List<String> known) {
        this.random = random;
        this.known = known;
    }

    /** A generator of its own with the same known ids, for another thread. */
    FuzzedText with(Random other) {
        return new FuzzedText(other, known);
    }

    static List<String> ids() {
        return new CopyOnWriteArrayList<>();
    }

    String next() {
        int dice = random.nextInt(100);
        if (dice < 40 && !known.isEmpty()) {
            return known.get(random.nextInt(known.size()));
        }
        if (dice < 50 && !known.isEmpty()) {
            return changed(known.get(random.nextInt(known.size())));
        }
        if (dice < 85) {
            return EDGES[random.nextInt(EDGES.length)];
        }
        return random(dice < 98 ? 40 : 20_000);
    }

    private String changed(String text) {
        StringBuilder changed = new StringBuilder(text);
        if (!changed.isEmpty()) {
            changed.setCharAt(random.nextInt(changed.length()), (char) (33 + random.nextInt(94)));
        }
        return changed.toString();
    }

    private String random(int lengthMax) {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(lengthMax); left > 0; left--) {
            int point = random.nextInt(4) == 0 ? random.nextInt(0x10ffff) : 32 + random.nextInt(95);
            text.appendCodePoint(point >= 0xd800 && point < 0xe000 ? '?' : point);
        }
        return text.toString();
    }
}
