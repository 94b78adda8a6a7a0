package dev.muster.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What the process was given.
 *
 * @param out data only
 * @param err everything said to a person
 * @param terminalIn whether standard input is a terminal
 * @param terminalOut whether standard output is a terminal
 */
public record CliIo(
        Map<String, String> variables, OutputStream out, PrintStream err, boolean terminalIn, boolean terminalOut) {

    /** Nobody reads standard output any more, as with {@code | head}. */
    public static final class OutputClosed extends RuntimeException {
        /** 128 and SIGPIPE, as a process that a signal ended. */
        public static final int EXIT_CODE = 141;

        OutputClosed(IOException cause) {
            super("standard output is closed", cause);
        }
    }

    /** One line to a person. */
    public void say(String line) {
        err.println("muster: " + line);
    }

    /** A line of data. */
    public void print(String line) {
        write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Data as it is. */
    public void write(byte[] bytes) {
        write(bytes, 0, bytes.length);
    }

    /** Data as it is. */
    public void write(byte[] bytes, int offset, int length) {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw new OutputClosed(e);
        }
    }

    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new OutputClosed(e);
        }
    }
}
