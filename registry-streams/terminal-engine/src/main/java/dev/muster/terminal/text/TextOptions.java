package dev.muster.terminal.text;

import dev.muster.terminal.engine.TerminalOptions;
import java.util.Iterator;
import java.util.List;

/**
 * What {@code muster text} was asked to do.
 *
 * @param chunkBytes bytes after which the engine's state is saved and restored; 0 for never
 */
public record TextOptions(TerminalOptions terminal, int chunkBytes) {

    static final int CHUNK_BYTES_MAX = 16 * 1_024 * 1_024;

    public static final String HELP = """
            Usage: muster text [--cols N] [--rows N] [--lf crlf|raw] [--chunk N] < recording

            Reads what a terminal received and prints the lines that a person would have seen scroll by:
            no escape sequences, progress bars as they ended, nothing of full-screen programs.

              --cols N        width of the terminal, 160 unless given; 0: lines do not wrap
              --rows N        height of the terminal, 100 unless given
              --lf crlf|raw   whether a line feed also returns to the first column (crlf, the default,
                              for logs and pipes) or only moves down (raw, for bytes read from a PTY)
              --chunk N       feed N bytes at a time and save and restore the state in between
              --help          this text
            """;

    /** Bad options; the message is one line for the user. */
    public static final class BadOption extends Exception {
        private static final long serialVersionUID = 1L;

        BadOption(String message) {
            super(message);
        }
    }

    public static TextOptions defaults() {
        return new TextOptions(TerminalOptions.defaults(), 0);
    }

    /** Options may be given as {@code --name value} or {@code --name=value}; the last one counts. */
    public static TextOptions parse(List<String> args) throws BadOption {
        TerminalOptions terminal = TerminalOptions.defaults();
        int chunkBytes = 0;
        Iterator<String> rest = args.iterator();
        while (rest.hasNext()) {
            String arg = rest.next();
            int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
            String name = equals < 0 ? arg : arg.substring(0, equals);
            if (!List.of("--cols", "--rows", "--lf", "--chunk").contains(name)) {
                throw new BadOption("unknown option " + arg);
            }
            if (equals < 0 && !rest.hasNext()) {
                throw new BadOption(name + " needs a value");
            }
            String value = equals < 0 ? rest.next() : arg.substring(equals + 1);
            switch (name) {
                case "--cols" ->
                    terminal = terminal.withSize(number(name, value, 0, TerminalOptions.COLS_MAX), terminal.rows());
                case "--rows" ->
                    terminal = terminal.withSize(terminal.cols(), number(name, value, 1, TerminalOptions.ROWS_MAX));
                case "--lf" -> terminal = terminal.withLfIsCrlf(isCrlf(value));
                default -> chunkBytes = number(name, value, 1, CHUNK_BYTES_MAX);
            }
        }
        return new TextOptions(terminal, chunkBytes);
    }

    private static boolean isCrlf(String value) throws BadOption {
        return switch (value) {
            case "crlf" -> true;
            case "raw" -> false;
            default -> throw new BadOption("--lf must be crlf or raw, not " + value);
        };
    }

    private static int number(String name, String value, int min, int max) throws BadOption {
        try {
            int number = Integer.parseInt(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new BadOption(name + " must be a whole number from " + min + " to " + max + ", not " + value);
    }
}
