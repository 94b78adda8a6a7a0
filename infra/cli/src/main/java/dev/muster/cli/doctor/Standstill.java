package dev.muster.cli.doctor;

import java.util.ArrayList;
import java.util.List;

/**
 * How long nodes may stand still after a registry instance died: until the broker has aborted its transaction, and
 * until the group has given its partitions to another instance. Pure.
 *
 * @param sessionMinMs the least session timeout that the broker allows
 * @param cleanupMs how often the broker looks for transactions whose time is over
 * @param transactionTimeoutMs of the registries' transactions
 * @param onlyProcess one process runs all of Muster: its next start ends what its last one began, at once
 */
record Standstill(long sessionMinMs, long cleanupMs, long transactionTimeoutMs, boolean onlyProcess) {
    static final String SESSION_MIN = "group.min.session.timeout.ms";
    static final String CLEANUP = "transaction.abort.timed.out.transaction.cleanup.interval.ms";
    /** As of MUSTER_REGISTRY_TRANSACTION_TIMEOUT_MS. */
    static final long TRANSACTION_TIMEOUT_DEFAULT_MS = 3_000;

    private static final long SESSION_DEFAULT_MS = 3_000;
    private static final long CLEANUP_ADVISED_MS = 1_000;
    private static final long BOUND_MS = 5_000;

    Finding finding() {
        if (onlyProcess) {
            return Finding.ok("one process runs all of Muster: after a crash its next start goes on at once");
        }
        long bound = Math.max(Math.max(SESSION_DEFAULT_MS, sessionMinMs), transactionTimeoutMs + cleanupMs);
        String said =
                "after the loss of a registry instance its nodes may stand still for up to " + bound / 1_000 + " s";
        return bound <= BOUND_MS ? Finding.ok(said) : Finding.warn(said, advice());
    }

    /** Names only the settings that are longer than they need to be. */
    private String advice() {
        List<String> onBrokers = new ArrayList<>();
        if (sessionMinMs > SESSION_DEFAULT_MS) {
            onBrokers.add(SESSION_MIN + "=" + SESSION_DEFAULT_MS);
        }
        if (cleanupMs > CLEANUP_ADVISED_MS) {
            onBrokers.add(CLEANUP + "=" + CLEANUP_ADVISED_MS);
        }
        List<String> advice = new ArrayList<>();
        if (!onBrokers.isEmpty()) {
            advice.add("set " + String.join(" and ", onBrokers) + " on the brokers");
        }
        if (transactionTimeoutMs > TRANSACTION_TIMEOUT_DEFAULT_MS) {
            advice.add("set MUSTER_REGISTRY_TRANSACTION_TIMEOUT_MS=" + TRANSACTION_TIMEOUT_DEFAULT_MS
                    + " on the registries, where their machines do not hold them up for longer;"
                    + " if it is set, an earlier instance had a longer one, which the broker forgets after a week"
                    + " (transactional.id.expiration.ms)");
        }
        return String.join("; ", advice);
    }
}
