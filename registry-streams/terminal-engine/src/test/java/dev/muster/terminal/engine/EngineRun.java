package dev.muster.terminal.engine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Feeds an engine in different ways and collects its lines. */
final class EngineRun {

    private final List<String> finals = new ArrayList<>();
    private TerminalEngine engine;

    EngineRun(TerminalOptions options) {
        engine = new TerminalEngine(options, this::add);
    }

    static EngineRun at(int cols, int rows) {
        return new EngineRun(TerminalOptions.defaults().withSize(cols, rows));
    }

    private void add(long number, byte[] utf8, int offset, int length) {
        if (number != finals.size()) {
            throw new AssertionError("line " + number + " after " + finals.size());
        }
        finals.add(new String(utf8, offset, length, StandardCharsets.UTF_8));
    }

    TerminalEngine engine() {
        return engine;
    }

    EngineRun feed(byte[] bytes) {
        engine.feed(bytes, 0, bytes.length);
        return this;
    }

    /** Each character of the text is one byte, or the UTF-8 of a character above U+00FF. */
    EngineRun feed(String text) {
        return feed(text.getBytes(StandardCharsets.UTF_8));
    }

    EngineRun feedInPieces(byte[] bytes, int size) {
        for (int i = 0; i < bytes.length; i += size) {
            engine.feed(bytes, i, Math.min(size, bytes.length - i));
        }
        return this;
    }

    EngineRun feedAtRandom(byte[] bytes, Random random, int sizeMax, boolean restore) {
        int i = 0;
        while (i < bytes.length) {
            int size = Math.min(bytes.length - i, 1 + random.nextInt(sizeMax));
            engine.feed(bytes, i, size);
            i += size;
            if (restore) {
                restore();
            }
        }
        return this;
    }

    EngineRun restore() {
        engine = TerminalEngine.restore(engine.save(), this::add);
        return this;
    }

    List<String> finals() {
        return List.copyOf(finals);
    }

    List<String> window() {
        List<String> lines = new ArrayList<>();
        long first = engine.finalLines();
        engine.window((number, utf8, offset, length) -> {
            if (number != first + lines.size()) {
                throw new AssertionError("window line " + number);
            }
            lines.add(new String(utf8, offset, length, StandardCharsets.UTF_8));
        });
        return lines;
    }

    /** Ends the stream; all lines. */
    List<String> end() {
        engine.end();
        return finals();
    }
}
