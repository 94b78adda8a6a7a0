package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.util.function.Supplier;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.UnknownStateStoreException;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** Active stores of one app; a store that is restoring or elsewhere is an `unavailable`. */
public final class StoreReads {
    private final Supplier<KafkaStreams> streams;

    public StoreReads(Supplier<KafkaStreams> streams) {
        this.streams = streams;
    }

    /** @throws MusterException unavailable */
    public <V> ReadOnlyKeyValueStore<String, V> store(String name, int partition) {
        return reading(() -> streams.get()
                .store(StoreQueryParameters.fromNameAndType(name, QueryableStoreTypes.<String, V>keyValueStore())
                        .withPartition(partition)));
    }

    /**
     * Runs something that reads a store, which may be closed at any moment.
     *
     * @throws MusterException unavailable
     */
    public static <T> T reading(Supplier<T> read) {
        try {
            return read.get();
        } catch (UnknownStateStoreException e) {
            throw e;
        } catch (InvalidStateStoreException e) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "the registry is restoring its state", e);
        }
    }
}
