package dev.muster.agent.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Files whose names are a prefix and a number. Other files, as a person or a tool may leave them, do not count. */
final class NumberedFiles {
    /** With more digits, the position of the file's first byte would not be a number that fits. */
    private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,11}");

    private NumberedFiles() {}

    /** The numbers of those that are in the directory. */
    static List<Long> in(Path dir, String prefix) throws IOException {
        List<Long> numbers = new ArrayList<>();
        try (Stream<Path> files = Files.list(dir)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.startsWith(prefix)) {
                    Matcher number = NUMBER.matcher(name.substring(prefix.length()));
                    if (number.matches()) {
                        numbers.add(Long.parseLong(number.group()));
                    }
                }
            }
        }
        return numbers;
    }
}
