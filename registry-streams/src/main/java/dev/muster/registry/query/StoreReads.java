package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.util.function.Supplier;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** Where queries find the stores that they read. */
public interface StoreReads {
    /**
     * The store of one partition, by the instance that is its owner.
     *
     * @throws InvalidStateStoreException if it is restoring or elsewhere
     */
    <V> ReadOnlyKeyValueStore<String, V> store(String name, int partition);

    /**
     * Runs something that finds or reads a store, which may be closed at any moment.
     *
     * @throws MusterException unavailable
     */
    static <T> T reading(Supplier<T> read) {
        try {
            return read.get();
        } catch (InvalidStateStoreException e) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "the registry is restoring its state", e);
        }
    }
}
