package dev.muster.agent.task;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which permissions a user's new files lack: {@code umask=} in the user's entry, else the UMASK of login.defs, else
 * 022.
 */
final class Umask {
    private static final int USUAL = 022;
    private static final Path LOGIN_DEFS = Path.of("/etc/login.defs");
    private static final Pattern OF_USER = Pattern.compile("(?:^|,)umask=([0-7]{1,4})(?:,|$)");
    private static final Pattern OF_SYSTEM = Pattern.compile("(?m)^[ \\t]*UMASK[ \\t]+([0-7]{1,4})[ \\t]*(?:#.*)?$");

    private Umask() {}

    static int of(Login user) {
        return of(user.remarks().toStringUtf8(), LOGIN_DEFS);
    }

    static int of(String remarks, Path loginDefs) {
        return found(OF_USER, remarks)
                .or(() -> found(OF_SYSTEM, text(loginDefs)))
                .orElse(USUAL);
    }

    private static Optional<Integer> found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Optional.of(Integer.parseInt(matcher.group(1), 8)) : Optional.empty();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
