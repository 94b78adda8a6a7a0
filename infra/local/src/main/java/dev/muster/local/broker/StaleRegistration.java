package dev.muster.local.broker;

import dev.muster.local.data.StartFailure;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/**
 * Removes the last run's broker registration from the metadata before the broker starts.
 *
 * <p>A killed broker stays registered until its session ends. Meanwhile the new broker leads the partitions under the
 * old registration. Its transaction coordinator loads the transactions that are still to be committed and cannot
 * deliver their markers. At the session's end the partitions have no leader for a moment, and the coordinator takes
 * them for deleted. It then closes the transactions without a marker, and readers of committed records wait for ever
 * (Kafka 4.3.1, {@code TransactionMarkerChannelManager}: "these partitions are likely deleted already and hence can be
 * skipped"). With the old registration removed, no partition has a leader before the new registration, every marker
 * arrives, and the start need not wait for the session to end.
 */
final class StaleRegistration {
    private static final long PATIENCE_SECONDS = 60;

    private StaleRegistration() {}

    /** Starts the controller alone, on this port, and returns when it is stopped again. */
    static void remove(Path directory, int port) {
        RunningServer controller = RunningServer.start(BrokerConfig.controllerOnly(directory, port));
        try (Admin admin = Admin.create(Map.of("bootstrap.controllers", BrokerConfig.HOST + ":" + port))) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (!removed(admin, deadline)) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StartFailure.from("interrupted while the broker started", e);
        } finally {
            controller.close();
        }
    }

    private static boolean removed(Admin admin, long deadline) throws InterruptedException {
        try {
            admin.unregisterBroker(BrokerConfig.NODE_ID).all().get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof BrokerIdNotRegisteredException) {
                return true;
            }
            // A controller that has not yet read its own metadata answers that its version is too old for the request.
            boolean tooEarly =
                    e.getCause() instanceof UnsupportedVersionException || e.getCause() instanceof RetriableException;
            if (tooEarly && System.nanoTime() < deadline) {
                return false;
            }
            throw StartFailure.from("the broker's last run could not be closed", e);
        }
    }
}
