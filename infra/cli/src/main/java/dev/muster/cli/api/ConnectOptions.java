package dev.muster.cli.api;

import dev.muster.cli.console.CliFailure;
import dev.muster.client.ApiClient;
import dev.muster.local.UserTokens;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that talks to a running Muster. */
public final class ConnectOptions {
    private static final String NEW_TOKEN =
            "make a token with `infra/muster token` where Muster runs and set MUSTER_TOKEN to it";

    private static final Duration COMMAND = Duration.ofHours(1);
    private static final Duration SESSION = Duration.ofHours(12);

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Where Muster answers. Else $MUSTER_URL, else the one that runs on the data directory.")
    @Nullable
    String url;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Data directory of a local Muster. Else $MUSTER_DATA_DIR, else ~/.muster.")
    @Nullable
    Path dataDir;

    private final Map<String, String> variables;

    public ConnectOptions(Map<String, String> variables) {
        this.variables = variables;
    }

    public DataDir dataDir() {
        return DataDir.of(Optional.ofNullable(dataDir), variables, System.getProperty("user.home"));
    }

    /** A client of the selected Muster, with the token of MUSTER_TOKEN or as the local admin. */
    public ApiClient client() {
        URI base = base();
        return client(base, COMMAND);
    }

    /** The same client, with a token that lives as long as a browser's session usually does. */
    public ApiClient clientForSession() {
        URI base = base();
        return client(base, SESSION);
    }

    private ApiClient client(URI base, Duration life) {
        return ApiClient.builder(base, token(base, life)).tokenAdvice(NEW_TOKEN).build();
    }

    /** The address that {@code up} wrote into the data directory, if it runs. */
    public Optional<LocalAddress> localAddress() {
        return LocalAddress.read(dataDir().addressFile());
    }

    /** No Muster answers on the data directory. It may never have started, may still start, or may have stopped. */
    public CliFailure noneRuns(String otherwise) {
        Path root = dataDir().root();
        return new CliFailure(dataDir()
                .holder()
                .map(pid ->
                        "Muster on " + root + " is starting or stopping as process " + pid + ": try again in a moment")
                .orElse("no Muster runs on " + root + ": start one with `infra/muster up`, or " + otherwise));
    }

    private URI base() {
        String asked = url != null ? url : variables.getOrDefault("MUSTER_URL", "");
        if (asked.isBlank()) {
            asked = localAddress().map(LocalAddress::url).orElseThrow(() -> noneRuns("name one with --url"));
        }
        try {
            URI base = URI.create(asked.strip().replaceAll("/+$", ""));
            String scheme = String.valueOf(base.getScheme());
            if (base.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
                throw new IllegalArgumentException("no http address");
            }
            return base;
        } catch (IllegalArgumentException e) {
            throw new CliFailure("'" + asked + "' is not an address like http://127.0.0.1:8080", e);
        }
    }

    private Supplier<String> token(URI base, Duration life) {
        String given = variables.getOrDefault("MUSTER_TOKEN", "").strip();
        if (!given.isEmpty()) {
            return () -> given;
        }
        // A token of the local admin must not leave this machine.
        if (!isThisMachine(base.getHost())) {
            throw new CliFailure("no token for " + base + ": set MUSTER_TOKEN");
        }
        if (!Files.isReadable(dataDir().userTokenKey().path())) {
            throw new CliFailure(
                    "no token for " + base + " and no key in " + dataDir().root() + ": set MUSTER_TOKEN or --data-dir");
        }
        UserTokens tokens =
                new UserTokens(dataDir().userTokenKey().readOrCreate(new SecureRandom()), Clock.systemUTC());
        return () -> tokens.mintLocalAdmin(life);
    }

    /** Includes network addresses of this machine, as {@code up --bind} uses them. */
    private static boolean isThisMachine(String host) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (!address.isLoopbackAddress() && NetworkInterface.getByInetAddress(address) == null) {
                    return false;
                }
            }
            return true;
        } catch (UnknownHostException | SocketException e) {
            return false;
        }
    }
}
