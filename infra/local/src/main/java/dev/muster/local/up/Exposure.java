package dev.muster.local.up;

import dev.muster.kit.text.ShellWords;
import dev.muster.local.data.StartFailure;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which machines can reach a local Muster. Kafka and the registry's queries always stay on loopback.
 *
 * @param agentHost address on which the agents' port listens
 * @param pageHost address on which the page and the API listen. They have no TLS, so the address is beyond loopback
 *     only if the user asked for plaintext.
 * @param advertised name or address by which agents and browsers find this machine
 * @param tls certificate and key of the agents' port
 * @param plaintext whether other machines may connect without TLS
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
     * @param advertise if left out: the address itself
     * @throws StartFailure in one line, if other machines would be let in by accident or no client can reach the
     *     address
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
            throw new StartFailure("no client can connect to " + bind
                    + ": say with --advertise by which name or address others reach this machine");
        }
        String pageHost = plaintext || address.isLoopbackAddress() ? bind : LOOPBACK;
        return new Exposure(bind, pageHost, advertise.orElse(bind), tls, plaintext);
    }

    /** The name by which a browser finds the page: that for other machines, or only for this one. */
    String pageName() {
        return isLoopback(pageHost) && !isLoopback(agentHost) ? LOOPBACK : advertised;
    }

    /** The address by which a client on this machine reaches a server that listens on {@code host}. */
    static String fromHere(String host) {
        return resolve(host).isAnyLocalAddress() ? LOOPBACK : host;
    }

    boolean pageIsOnlyHere() {
        return isLoopback(pageHost) && !isLoopback(agentHost);
    }

    /** The options that an agent on another machine needs besides invite and address, quoted for a shell. */
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
