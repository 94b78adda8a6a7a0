package dev.muster.agent.settings;

import dev.muster.agent.spool.SpoolLimits;
import dev.muster.agent.task.AllowedUsers;
import dev.muster.agent.task.TaskLimits;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of an agent.
 *
 * @param gateway host:port; null: the one it joined through
 * @param invite null once joined
 * @param spool how much output may wait for acknowledgement
 * @param tasks how long the end of a task may take
 * @param cgroup directory of the control group for the tasks' groups; null: the agent's own group, if permitted
 * @param users as whom tasks may run, besides the agent's own user
 * @param caFile PEM of the authority that signed the gateway's certificate; null: the system's authorities
 * @param certFile certificate chain of this agent in PEM, for gateways that ask for one; null: none
 * @param keyFile its private key, PKCS#8 in PEM; null exactly when the certificate is
 * @param plaintext no TLS. Without this, and without a certificate or authority, the agent uses no TLS only towards
 *     loopback addresses.
 */
public record AgentConfig(
        Path stateDir,
        @Nullable String gateway,
        @Nullable String invite,
        SpoolLimits spool,
        TaskLimits tasks,
        @Nullable Path cgroup,
        AllowedUsers users,
        Map<String, String> labels,
        @Nullable Path caFile,
        boolean plaintext,
        @Nullable Path certFile,
        @Nullable Path keyFile) {
    public AgentConfig {
        labels = Map.copyOf(labels);
    }

    /** The same configuration; settings that were not given are taken from the agent's join. */
    public AgentConfig reachingAs(Reach known) {
        boolean said = plaintext || caFile != null || certFile != null;
        return new AgentConfig(
                stateDir,
                gateway != null ? gateway : known.gateway(),
                invite,
                spool,
                tasks,
                cgroup,
                users,
                labels,
                said ? caFile : known.caFile(),
                said ? plaintext : known.plaintext(),
                said ? certFile : known.certFile(),
                said ? keyFile : known.keyFile());
    }

    /** The same configuration over TLS, to a gateway whose certificate is this one or comes from this authority. */
    public AgentConfig trusting(Path ca) {
        return new AgentConfig(
                stateDir, gateway, invite, spool, tasks, cgroup, users, labels, ca, false, certFile, keyFile);
    }

    /** Defaults for a gateway on this machine. */
    public static AgentConfig local(Path stateDir, String gateway, @Nullable String invite) {
        return new AgentConfig(
                stateDir,
                gateway,
                invite,
                SpoolLimits.defaults(),
                TaskLimits.defaults(),
                null,
                AllowedUsers.OWN,
                Map.of(),
                null,
                true,
                null,
                null);
    }
}
