package dev.muster.local.broker;

import java.util.function.Consumer;
import org.apache.kafka.common.utils.internals.Exit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports Kafka's calls to exit or halt the JVM instead of carrying them out. Kafka's exit and halt procedures are
 * process-wide: the latest instance that installed them is told.
 *
 * <p>During a start, the starting thread gets the exception itself. The exception states the reason, and the caller can
 * answer it with another attempt. Kafka asks for the exit before it throws.
 */
final class KafkaExits {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaExits.class);

    private final Consumer<BrokerFailure> onFatal;
    private volatile @Nullable Thread starter = Thread.currentThread();
    private volatile @Nullable String asked;

    private KafkaExits(Consumer<BrokerFailure> onFatal) {
        this.onFatal = onFatal;
    }

    static KafkaExits reportedTo(Consumer<BrokerFailure> onFatal) {
        KafkaExits exits = new KafkaExits(onFatal);
        Exit.setExitProcedure((status, message) -> exits.wanted("exit", status, message));
        Exit.setHaltProcedure((status, message) -> exits.wanted("halt", status, message));
        return exits;
    }

    /** Another attempt begins. */
    void starting() {
        asked = null;
    }

    /** @throws IllegalStateException if the server asked for the exit and started nevertheless; it is closed then */
    void started(RunningServer server) {
        starter = null;
        String reason = asked;
        if (reason != null) {
            server.close();
            throw new IllegalStateException("Kafka gave up: " + reason);
        }
    }

    private void wanted(String how, int status, @Nullable String message) {
        if (Thread.currentThread() == starter) {
            asked = message == null ? how + " " + status : message;
            return;
        }
        BrokerFailure failure = new BrokerFailure(how, status, message == null ? "no reason given" : message);
        LOG.atError()
                .addKeyValue("how", how)
                .addKeyValue("status", status)
                .addKeyValue("reason", failure.reason())
                .log("broker failed");
        onFatal.accept(failure);
        // Kafka's caller must not go on as if the process had ended.
        throw new IllegalStateException(failure.toString());
    }
}
