package dev.muster.local.broker;

import dev.muster.local.StartFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what a killed broker left open, before anybody uses the new one. The broker ends known transactions by itself within their
 * timeout. A transaction that its coordinator has closed but whose marker never reached a partition would hold up readers of committed
 * records for ever; nobody produces yet, so whatever is still open then is aborted with the tool made for it.
 * Source: KIP-664, tooling to detect and abort hanging transactions.
 */
final class LeftTransactions {
    private static final long SETTLE_SECONDS = 20;
    private static final long MARKERS_SECONDS = 5;
    private static final Set<TransactionState> UNFINISHED =
            Set.of(TransactionState.ONGOING, TransactionState.PREPARE_ABORT, TransactionState.PREPARE_COMMIT);
    private static final Logger LOG = LoggerFactory.getLogger(LeftTransactions.class);

    private LeftTransactions() {}

    static void end(String bootstrapServers) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            awaitSettled(admin);
            abortOpen(admin);
        } catch (ExecutionException e) {
            throw StartFailure.from("cannot end the transactions of the last run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StartFailure.from("interrupted while the broker started", e);
        }
    }

    private static void awaitSettled(Admin admin) throws ExecutionException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS);
        while (System.nanoTime() < deadline
                && !admin.listTransactions(new ListTransactionsOptions().filterStates(UNFINISHED))
                        .all()
                        .get()
                        .isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static void abortOpen(Admin admin) throws ExecutionException, InterruptedException {
        // Markers of transactions that the coordinator ends may still be on their way: they come first.
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(MARKERS_SECONDS);
        List<AbortTransactionSpec> open = open(admin);
        while (!open.isEmpty() && System.nanoTime() < patience) {
            TimeUnit.MILLISECONDS.sleep(200);
            open = open(admin);
        }
        for (AbortTransactionSpec transaction : open) {
            LOG.atWarn()
                    .addKeyValue("transaction", transaction)
                    .log("a transaction of the last run was left open; it is aborted");
            try {
                admin.abortTransaction(transaction).all().get();
            } catch (ExecutionException e) {
                // its own marker has come meanwhile, or readers will say that it is open still
                LOG.atWarn()
                        .addKeyValue("transaction", transaction)
                        .addKeyValue("why", e.getMessage())
                        .log("it could not be aborted");
            }
        }
    }

    private static List<AbortTransactionSpec> open(Admin admin) throws ExecutionException, InterruptedException {
        List<TopicPartition> partitions = new ArrayList<>();
        Set<String> names = admin.listTopics(new ListTopicsOptions().listInternal(true))
                .names()
                .get();
        for (TopicDescription topic :
                admin.describeTopics(names).allTopicNames().get().values()) {
            topic.partitions().forEach(info -> partitions.add(new TopicPartition(topic.name(), info.partition())));
        }
        List<AbortTransactionSpec> open = new ArrayList<>();
        for (var entry : admin.describeProducers(partitions).all().get().entrySet()) {
            for (ProducerState producer : entry.getValue().activeProducers()) {
                if (producer.currentTransactionStartOffset().isPresent()) {
                    open.add(new AbortTransactionSpec(
                            entry.getKey(),
                            producer.producerId(),
                            (short) producer.producerEpoch(),
                            producer.coordinatorEpoch().orElse(0)));
                }
            }
        }
        return open;
    }
}
