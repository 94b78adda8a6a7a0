package dev.muster.cli.local;

import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.local.UserTokens;
import dev.muster.local.data.DataDir;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes a user token with the local key, also before the first {@code up}. */
@Command(
        name = "token",
        mixinStandardHelpOptions = true,
        description = "Print a user token signed by the local key, for MUSTER_TOKEN or an Authorization header.")
public final class TokenCommand implements Runnable {
    private static final Pattern TTL = Pattern.compile("([0-9]{1,9})([smhd])");

    @Option(names = "--user", required = true, paramLabel = "NAME", description = "Whom the token stands for.")
    String user = "";

    @Option(names = "--groups", split = ",", paramLabel = "GROUP", description = "Groups of the user, comma-separated.")
    List<String> groups = List.of();

    @Option(names = "--role", paramLabel = "admin", description = "admin: may see and do everything.")
    @Nullable
    String role;

    @Option(
            names = "--ttl",
            paramLabel = "TIME",
            description = "How long it lives: 30s, 15m, 12h, 7d. 12h unless given.")
    String ttl = "12h";

    @Option(names = "--data-dir", paramLabel = "DIR", description = "Whose key. Else $MUSTER_DATA_DIR, else ~/.muster.")
    @Nullable
    Path dataDir;

    private final CliIo io;

    public TokenCommand(CliIo io) {
        this.io = io;
    }

    @Override
    public void run() {
        if (role != null && !role.equals("admin")) {
            throw new CliFailure("--role is admin or left out, not '" + role + "'");
        }
        DataDir dir = DataDir.of(Optional.ofNullable(dataDir), io.variables(), System.getProperty("user.home"));
        byte[] key = dir.create().userTokenKey().readOrCreate(new SecureRandom());
        List<String> named = groups.stream().filter(group -> !group.isEmpty()).toList();
        io.print(new UserTokens(key, Clock.systemUTC()).mint(user, named, role != null, duration(ttl)));
    }

    static Duration duration(String text) {
        Matcher matcher = TTL.matcher(text);
        if (!matcher.matches()) {
            throw new CliFailure("'" + text + "' is not a time like 30s, 15m, 12h or 7d");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }
}
