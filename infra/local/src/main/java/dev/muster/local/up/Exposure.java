package dev.muster.local.up;

import dev.muster.fanout.api.ShellWords;
import dev.muster.local.data.StartFailure;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whom a local Muster lets in. Kafka and the registry's queries stay on loopback whatever is asked.
 *
 * @param agentHost address on which agents' port listens
 * @param pageHost address on which the page and the API listen: without TLS, so beyond loopback only where plaintext was asked for
 * @param advertised name or address by which agents and browsers find this machine
 * @param tls certificate and key of agents' port
 * @param plaintext whether other machines may come without TLS
 */
public record Exposure(String agentHost, String pageHost, String advertised, Optional<Tls> tls, boolean plaintext) {
    private static final String LOOPBACK = "127.0.0.1";

    /** PEM files. */
    public record Tls(Path certificate, Path key) {}

    /** This machine alone. */
    public static Exposure loopback() {
        return new Exposure(LOOPBACK, LOOPBACK, LOOPBACK, Optional.empty(), false);
    }

    /**
     * @param bind an address of this machine, or 0.0.0.0 or :: for all
     * @param advertise left out: the address itself
     * @throws StartFailure in one line, where that would let others in by accident or name an address that nobody can reach
     */
    public static Exposure of(String bind, Optional<String> advertise, Optional<Tls> tls, boolean plaintext) {
        InetAddress address = resolve(bind);
        for (Path file :
                tls.map(files -> new Path[] {files.certificate(), files.key()}).orElse(new Path[0])) {
            if (!Files.isReadable(file)) {
                throw new StartFailure("cannot read " + file);
            }
        }
        if (!address.isLoopbackAddress() && tls.isEmpty() && !plaintext) {
            throw new StartFailure("other machines can reach " + bind
                    + ": give --tls-cert and --tls-key, or say --plaintext if you trust the network between");
        }
        if (address.isAnyLocalAddress() && advertise.isEmpty()) {
            throw new StartFailure("nobody can connect to " + bind
                    + ": say with --advertise by which name or address others reach this machine");
        }
        String pageHost = plaintext || address.isLoopbackAddress() ? bind : LOOPBACK;
        return new Exposure(bind, pageHost, advertise.orElse(bind), tls, plaintext);
    }

    /** Where a browser finds the page: on another machine, or here alone. */
    String pageName() {
        return isLoopback(pageHost) && !isLoopback(agentHost) ? LOOPBACK : advertised;
    }

    /** Where a client on this machine finds what listens on an address. */
    static String fromHere(String host) {
        return resolve(host).isAnyLocalAddress() ? LOOPBACK : host;
    }

    boolean pageIsOnlyHere() {
        return isLoopback(pageHost) && !isLoopback(agentHost);
    }

    /** What an agent on another machine must be told besides invite and address, as a shell reads it. */
    String joinOptions() {
        if (tls.isPresent()) {
            return ShellWords.join(
                    List.of("--ca", tls.get().certificate().getFileName().toString()));
        }
        return isLoopback(advertised) ? "" : "--plaintext";
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException onlyOthersKnowIt) {
            return false;
        }
    }

    private static InetAddress resolve(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new StartFailure("there is no address '" + host + "' to listen on", e);
        }
    }
}
