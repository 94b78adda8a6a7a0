package dev.muster.contract.topics;

import dev.muster.contract.errors.ErrorIds;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records that a consumer skips because it cannot use them, for instance records of a newer release. Each is counted.
 * The first of each kind is logged with an error id. The others are logged at DEBUG, so that a flood of them does not
 * fill the log. Thread-safe.
 */
public final class BadRecords {
    private static final Logger LOG = LoggerFactory.getLogger(BadRecords.class);
    /** Kinds of failures that are logged separately; further kinds are only counted. */
    private static final int KINDS_MAX = 64;

    private final ErrorIds errorIds = new ErrorIds();
    private final Set<String> kinds = ConcurrentHashMap.newKeySet();
    private final AtomicLong count = new AtomicLong();

    /** @param why the consumer's exception */
    public void add(ConsumerRecord<?, ?> record, RuntimeException why) {
        count.incrementAndGet();
        Throwable cause = why.getCause() == null ? why : why.getCause();
        boolean first = kinds.size() < KINDS_MAX && kinds.add(record.topic() + " " + FailureKind.of(why));
        (first ? LOG.atWarn().addKeyValue("errorId", errorIds.get()).setCause(why) : LOG.atDebug())
                .addKeyValue("topic", record.topic())
                .addKeyValue("partition", record.partition())
                .addKeyValue("offset", record.offset())
                .addKeyValue("reason", cause.getClass().getSimpleName())
                .log("a record cannot be used and is left out; more of its kind are only counted");
    }

    /** Records skipped so far. */
    public long count() {
        return count.get();
    }
}
