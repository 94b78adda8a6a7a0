package dev.muster.cli.console;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The streams and the environment of the process. Text from others reaches a terminal only in two ways. {@link #say},
 * {@link #print} and {@code err} turn it into {@link PlainText}. {@link #write} passes the bytes unchanged, for
 * commands that promise the exact bytes.
 *
 * @param out data only
 * @param err everything that is said to a person
 * @param terminalIn whether standard input is a terminal
 * @param terminalOut whether standard output is a terminal
 */
public record CliIo(
        Map<String, String> variables, OutputStream out, PrintStream err, boolean terminalIn, boolean terminalOut) {

    public CliIo {
        err = PlainStream.around(err);
    }

    /** Standard output was closed by its reader, as with {@code | head}. */
    public static final class OutputClosed extends RuntimeException {
        /** 128 plus the number of SIGPIPE, as for a process that a signal ended. */
        public static final int EXIT_CODE = 141;

        OutputClosed(IOException cause) {
            super("standard output is closed", cause);
        }
    }

    /** Prints one line for a person. */
    public void say(String line) {
        err.println("muster: " + PlainText.of(line.replaceAll("\\R+", " ")));
    }

    /** Prints data as text: a line, or several with line feeds between them. */
    public void print(String text) {
        write((PlainText.ofLines(text) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Writes data unchanged. */
    public void write(byte[] bytes) {
        write(bytes, 0, bytes.length);
    }

    /** Writes data unchanged. */
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
