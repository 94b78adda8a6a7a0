package dev.muster.registry.streams;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorIds;
import dev.muster.contract.topics.FailureKind;
import dev.muster.contract.topics.RecordHeaders;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.records.v1.DeadLetter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.streams.errors.DeserializationExceptionHandler;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.errors.ProductionExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Data never ends a stream thread: unreadable or unprocessable records go to the dead-letter topic with an error id,
 * and the thread goes on. Failures of Kafka itself still end the thread, because only a new one can help.
 *
 * <p>That is safe because processors decide before they write: a record whose decision throws has changed nothing.
 */
public final class BadDataHandler
        implements DeserializationExceptionHandler, ProcessingExceptionHandler, ProductionExceptionHandler {
    static final String DLQ_TOPIC_CONFIG = "muster.dlq.topic";
    /** A {@link MeterRegistry} that dead letters are counted in. */
    public static final String METRICS_CONFIG = "muster.meter.registry";

    private static final Logger LOG = LoggerFactory.getLogger(BadDataHandler.class);

    /** Kinds of failures that are told apart in the log. */
    private static final int KINDS_MAX = 64;

    private final ErrorIds errorIds = new ErrorIds();
    private final Set<String> kinds = ConcurrentHashMap.newKeySet();
    private String dlqTopic = "";
    private MeterRegistry metrics = new SimpleMeterRegistry();

    @Override
    public void configure(Map<String, ?> configs) {
        if (configs.get(METRICS_CONFIG) instanceof MeterRegistry registry) {
            metrics = registry;
        }
        dlqTopic = String.valueOf(configs.get(DLQ_TOPIC_CONFIG));
    }

    @Override
    public DeserializationExceptionHandler.Response handleError(
            ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> record, Exception exception) {
        String errorId = logged(context, exception, "record could not be read");
        return DeserializationExceptionHandler.Response.resume(
                letters(context, record.key(), record.value(), "not-readable", errorId));
    }

    @Override
    public ProcessingExceptionHandler.Response handleError(
            ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
        if (exception instanceof KafkaException) {
            return ProcessingExceptionHandler.Response.fail();
        }
        String errorId = logged(context, exception, "record could not be processed");
        return ProcessingExceptionHandler.Response.resume(
                letters(context, context.sourceRawKey(), context.sourceRawValue(), reason(exception), errorId));
    }

    @Override
    public ProductionExceptionHandler.Response handleError(
            ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception exception) {
        if (!(exception instanceof RecordTooLargeException)) {
            return ProductionExceptionHandler.Response.fail();
        }
        String errorId = logged(context, exception, "record is too large to be written");
        byte[] key = record.key();
        return ProductionExceptionHandler.Response.resume(
                letters(context, key, null, "too-large for " + record.topic(), errorId));
    }

    private static String reason(Exception exception) {
        return exception instanceof Unreadable unreadable ? String.valueOf(unreadable.getMessage()) : "internal";
    }

    private List<ProducerRecord<byte[], byte[]>> letters(
            ErrorHandlerContext context,
            byte @Nullable [] key,
            byte @Nullable [] value,
            String reason,
            String errorId) {
        String topic = String.valueOf(context.topic());
        metrics.counter("muster.streams.dead.letters", "topic", topic, "reason", reason.replaceFirst(" .*", ""))
                .increment();
        DeadLetter letter =
                DeadLetters.of(topic, context.partition(), context.offset(), reason, errorId, bytes(key), bytes(value));
        return List.of(new ProducerRecord<>(
                dlqTopic,
                null,
                DeadLetters.key(topic, context.partition()).getBytes(StandardCharsets.UTF_8),
                letter.toByteArray(),
                RecordHeaders.of(Topic.DLQ)));
    }

    private String logged(ErrorHandlerContext context, Exception exception, String message) {
        String errorId = errorIds.get();
        // the first of each kind with its stack trace; the others are in the dead letters alone, and there may be many
        String kind = context.topic() + " " + FailureKind.of(exception);
        boolean first = kinds.size() < KINDS_MAX && kinds.add(kind);
        (first ? LOG.atError().setCause(exception) : LOG.atDebug())
                .addKeyValue("errorId", errorId)
                .addKeyValue("topic", context.topic())
                .addKeyValue("partition", context.partition())
                .addKeyValue("offset", context.offset())
                .addKeyValue("processor", context.processorNodeId())
                .log(message);
        return errorId;
    }

    private static ByteString bytes(byte @Nullable [] bytes) {
        return bytes == null ? ByteString.EMPTY : ByteString.copyFrom(bytes);
    }
}
