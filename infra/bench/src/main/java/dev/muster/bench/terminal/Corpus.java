package dev.muster.bench.terminal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Makes build logs of a given size; the same kind and size give the same bytes. */
public final class Corpus {

    public enum Kind {
        /**
         * 22 % coloured lines, 8 % with tabs, 6 % with UTF-8, 3 % with links, 1 % progress: an escape every 110 bytes.
         */
        TYPICAL,
        /** The same words without any control but the line's end. */
        PLAIN,
        /** 60 % coloured lines, 20 % progress bars: an escape every 30 bytes. */
        DENSE
    }

    private static final String[] WORDS = {
        "Compiling",
        "registry-streams",
        "[INFO]",
        "Tests",
        "run:",
        "Failures:",
        "0,",
        "warning:",
        "unused",
        "variable",
        "src/main/java/dev/example/Service.java:128",
        "downloaded",
        "kafka-clients-4.3.1.jar",
        "(2.1",
        "MB/s)",
        "->",
        "target/classes",
        "linking",
        "object",
        "lib/libcore.so",
        "checking",
        "for",
        "sys/types.h...",
        "yes",
        "step",
        "resolved",
        "https://repo.example.org/maven2/org/example/thing",
        "cached",
        "layer",
        "sha256:9f86d081884c7d65",
    };
    private static final String[] UTF8 = {"✔", "→", "日本語", "über", "façade", "█████", "…", "“quoted”"};

    private final Random random = new Random(7);
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private Corpus() {}

    public static byte[] make(Kind kind, int bytes) {
        Corpus corpus = new Corpus();
        while (corpus.out.size() < bytes) {
            corpus.line(kind);
        }
        return corpus.out.toByteArray();
    }

    private void line(Kind kind) {
        int dice = random.nextInt(100);
        switch (kind) {
            case PLAIN -> text(words(11));
            case TYPICAL -> {
                if (dice < 22) {
                    coloured(9);
                } else if (dice < 30) {
                    text(words(3) + "\t" + words(4) + "\t" + words(2));
                } else if (dice < 36) {
                    text(words(4) + UTF8[random.nextInt(UTF8.length)] + " " + words(4));
                } else if (dice < 39) {
                    text("\033]8;;https://ci.example.org/run/" + random.nextInt(99_999) + "\033\\" + words(2)
                            + "\033]8;;\033\\ " + words(5));
                } else if (dice < 40) {
                    progress(6);
                } else {
                    text(words(11));
                }
            }
            case DENSE -> {
                if (dice < 60) {
                    coloured(6);
                } else if (dice < 80) {
                    progress(2);
                } else {
                    text(words(9));
                }
            }
        }
        out.write('\n');
    }

    private void coloured(int length) {
        int colour = 31 + random.nextInt(6);
        text("\033[1;" + colour + "m" + words(1) + "\033[0m " + words(length) + "\033[" + (90 + random.nextInt(8)) + "m"
                + words(1) + "\033[m");
    }

    private void progress(int steps) {
        for (int i = 1; i <= steps; i++) {
            int done = 20 * i / steps;
            text("\r\033[K\033[32m" + "#".repeat(done) + "\033[0m" + ".".repeat(20 - done) + " " + 100 * i / steps
                    + "% " + words(2));
        }
    }

    private String words(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
        }
        return text.toString();
    }

    private void text(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
