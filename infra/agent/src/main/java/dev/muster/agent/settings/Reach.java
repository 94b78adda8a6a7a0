package dev.muster.agent.settings;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * How an agent reaches its gateway. It is kept from the join, so that a restart needs none of these options.
 *
 * @param gateway host:port
 * @param plaintext no TLS, also towards other machines
 * @param caFile PEM of the authority of the gateway's certificate; null: the system's authorities
 * @param certFile the agent's own certificate chain in PEM; null: none
 * @param keyFile its private key, PKCS#8 in PEM; null exactly when the certificate is
 */
public record Reach(
        String gateway,
        boolean plaintext,
        @Nullable Path caFile,
        @Nullable Path certFile,
        @Nullable Path keyFile) {

    public static Optional<Reach> read(Properties properties) {
        String gateway = properties.getProperty("gateway");
        return gateway == null
                ? Optional.empty()
                : Optional.of(new Reach(
                        gateway,
                        Boolean.parseBoolean(properties.getProperty("plaintext", "false")),
                        path(properties, "ca"),
                        path(properties, "cert"),
                        path(properties, "key")));
    }

    public void write(Properties properties) {
        properties.setProperty("gateway", gateway);
        properties.setProperty("plaintext", Boolean.toString(plaintext));
        write(properties, "ca", caFile);
        write(properties, "cert", certFile);
        write(properties, "key", keyFile);
    }

    private static @Nullable Path path(Properties properties, String name) {
        String value = properties.getProperty(name);
        return value == null ? null : Path.of(value);
    }

    private static void write(Properties properties, String name, @Nullable Path file) {
        if (file == null) {
            properties.remove(name);
        } else {
            properties.setProperty(name, file.toAbsolutePath().toString());
        }
    }
}
