package dev.muster.bench.terminal;

import com.sun.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** {@code java.util.regex} with the pattern that is usual for stripping escapes; wrong at every chunk's edge. */
final class RegexContender implements Contender {

    private static final Pattern ANSI_ESCAPE = Pattern.compile("\\x1B(?:[@-Z\\\\-_]|\\[[0-?]*[ -/]*[@-~])");

    private final ThreadMXBean threads;
    private long textBytes;

    RegexContender(ThreadMXBean threads) {
        this.threads = threads;
    }

    @Override
    public String name() {
        return "java.util.regex";
    }

    @Override
    public long run(NamedCorpus corpus, int chunkBytes) {
        byte[] bytes = corpus.bytes();
        long start = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < bytes.length; i += chunkBytes) {
            String chunk = new String(bytes, i, Math.min(chunkBytes, bytes.length - i), StandardCharsets.UTF_8);
            String text = ANSI_ESCAPE.matcher(chunk).replaceAll("");
            textBytes += text.getBytes(StandardCharsets.UTF_8).length;
        }
        return threads.getCurrentThreadCpuTime() - start;
    }

    long textBytes() {
        return textBytes;
    }
}
