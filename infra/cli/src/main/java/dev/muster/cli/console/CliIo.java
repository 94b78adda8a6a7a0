package dev.muster.cli.console;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What the process was given. What others wrote reaches a terminal only through {@link #say}, {@link #print} and {@code err}, all three of which make
 * it {@link PlainText}, or through {@link #write} where the command promises the very bytes.
 *
 * @param out data only
 * @param err everything said to a person
 * @param terminalIn whether standard input is a terminal
 * @param terminalOut whether standard output is a terminal
 */
public record CliIo(
        Map<String, String> variables, OutputStream out, PrintStream err, boolean terminalIn, boolean terminalOut) {

    public CliIo {
        err = PlainStream.around(err);
    }

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
        err.println("muster: " + PlainText.of(line.replaceAll("\\R+", " ")));
    }

    /** Data as text: a line, or several with line feeds between them. */
    public void print(String text) {
        write((PlainText.ofLines(text) + "\n").getBytes(StandardCharsets.UTF_8));
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
