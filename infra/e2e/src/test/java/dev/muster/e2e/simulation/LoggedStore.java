package dev.muster.e2e.simulation;

import java.util.List;
import java.util.function.BiConsumer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** A store in memory that reports its changes, like the one that writes the changelog. */
final class LoggedStore<K, V> implements KeyValueStore<K, V> {
    private final KeyValueStore<K, V> inner;
    private final BiConsumer<K, @Nullable V> changes;

    LoggedStore(KeyValueStore<K, V> inner, BiConsumer<K, @Nullable V> changes) {
        this.inner = inner;
        this.changes = changes;
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        throw new UnsupportedOperationException("the inner one is ready");
    }

    @Override
    public void put(K key, V value) {
        V kept = copy(value);
        inner.put(key, kept);
        changes.accept(key, kept);
    }

    @Override
    public V putIfAbsent(K key, V value) {
        V before = get(key);
        if (before == null) {
            put(key, value);
        }
        return before;
    }

    @Override
    public void putAll(List<KeyValue<K, V>> entries) {
        entries.forEach(entry -> put(entry.key, entry.value));
    }

    @Override
    public V delete(K key) {
        V before = inner.delete(key);
        changes.accept(key, null);
        return before;
    }

    @Override
    public V get(K key) {
        return copy(inner.get(key));
    }

    @Override
    public KeyValueIterator<K, V> range(K from, K to) {
        return inner.range(from, to);
    }

    @Override
    public KeyValueIterator<K, V> reverseRange(K from, K to) {
        return inner.reverseRange(from, to);
    }

    @Override
    public KeyValueIterator<K, V> all() {
        return inner.all();
    }

    @Override
    public <S extends Serializer<P>, P> KeyValueIterator<K, V> prefixScan(P prefix, S serializer) {
        return inner.prefixScan(prefix, serializer);
    }

    @Override
    public long approximateNumEntries() {
        return inner.approximateNumEntries();
    }

    @Override
    public void close() {
        inner.close();
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return inner.isOpen();
    }

    /** Bytes in a file do not change when their writer changes its array. */
    @SuppressWarnings("unchecked")
    private static <V> V copy(V value) {
        return value instanceof byte[] bytes ? (V) bytes.clone() : value;
    }
}
