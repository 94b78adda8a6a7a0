package dev.muster.agent;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an agent runs.
 *
 * @param gateway host:port; null: the one it joined through
 * @param invite null once joined
 * @param spoolBytesMax unacknowledged output on disk, all terminals together; a process waits beyond it
 * @param dropWhenFull drop output and say so in the history, instead of making the process wait
 * @param caFile PEM of the authority that signed the gateway's certificate; null: the system's authorities
 * @param certFile certificate chain of this agent in PEM, for gateways that ask for one; null: none
 * @param keyFile its private key, PKCS#8 in PEM; null exactly when the certificate is
 * @param plaintext no TLS; the default only towards loopback
 */
public record AgentConfig(
        Path stateDir,
        @Nullable String gateway,
        @Nullable String invite,
        long spoolBytesMax,
        boolean dropWhenFull,
        Map<String, String> labels,
        @Nullable Path caFile,
        boolean plaintext,
        @Nullable Path certFile,
        @Nullable Path keyFile) {
    public static final long SPOOL_BYTES_MAX_DEFAULT = 256L << 20;

    public AgentConfig {
        labels = Map.copyOf(labels);
    }

    /** Defaults for a gateway on this machine. */
    public static AgentConfig local(Path stateDir, String gateway, @Nullable String invite) {
        return new AgentConfig(
                stateDir, gateway, invite, SPOOL_BYTES_MAX_DEFAULT, false, Map.of(), null, true, null, null);
    }
}
