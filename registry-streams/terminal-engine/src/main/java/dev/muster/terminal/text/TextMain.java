package dev.muster.terminal.text;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@code muster text}. Needs only the JDK on its class path, so that it starts fast. */
public final class TextMain {

    private static final int EXIT_FAILED = 125;
    /** 128 and SIGPIPE, as of any filter whose reader has gone. */
    private static final int EXIT_OUTPUT_CLOSED = 141;

    private TextMain() {}

    public static void main(String[] args) {
        // neither System.in nor System.out: both add buffers and locks
        try (InputStream in = new FileInputStream(FileDescriptor.in);
                OutputStream out = new FileOutputStream(FileDescriptor.out)) {
            System.exit(run(List.of(args), in, out, System.err));
        } catch (IOException e) {
            System.exit(EXIT_FAILED);
        }
    }

    static int run(List<String> args, InputStream in, OutputStream out, PrintStream err) {
        try {
            if (args.contains("--help") || args.contains("-h")) {
                out.write(TextOptions.HELP.getBytes(StandardCharsets.UTF_8));
                return 0;
            }
            TextFilter.run(in, out, TextOptions.parse(args));
            return 0;
        } catch (LineOutput.OutputFailed e) {
            return EXIT_OUTPUT_CLOSED;
        } catch (TextOptions.BadOption | IOException e) {
            err.println("muster text: " + e.getMessage());
            return EXIT_FAILED;
        }
    }
}
