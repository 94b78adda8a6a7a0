package dev.muster.cli.console;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Remembers what a command printed. */
public final class RecordedIo {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final CliIo io;

    public RecordedIo(Map<String, String> variables) {
        this.io = new CliIo(variables, out, new PrintStream(err, true, StandardCharsets.UTF_8), false, false);
    }

    public CliIo io() {
        return io;
    }

    public String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    public List<String> errLines() {
        return err.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
