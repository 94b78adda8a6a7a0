package dev.muster.registry.view;

import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Keys of the view store, `views`: audience, NUL, node id. Before all of them, one key for the position, and one per
 * audience for its counts.
 */
public final class ViewStore {
    public static final String NAME = "views";
    /** Its value is written after what it speaks of. */
    public static final String POSITION = "!position";

    private static final String COUNTS = "!counts ";

    private ViewStore() {}

    /**
     * Up to where a partition of muster.views was folded in.
     *
     * @param incarnation grows whenever the store was taken over again; results under different ones do not belong
     *     together
     * @param offset of the next record
     */
    public record Position(long incarnation, long offset) {
        byte[] bytes() {
            return ByteBuffer.allocate(16).putLong(incarnation).putLong(offset).array();
        }

        public static Position from(byte[] bytes) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            return new Position(buffer.getLong(), buffer.getLong());
        }
    }

    /** Where the counts of an audience are: before all views. */
    public static String countsKey(String audience) {
        return COUNTS + audience;
    }

    /** Whether a key is of a view, rather than of what is kept beside them. */
    static boolean isView(String key) {
        return !key.startsWith("!");
    }

    static String audienceOf(String key) {
        return key.substring(0, key.indexOf('\0'));
    }

    public static String key(String audience, String nodeId) {
        return prefix(audience) + nodeId;
    }

    public static String prefix(String audience) {
        return audience + '\0';
    }

    /** Sorts after every node of the audience. */
    public static String lastKey(String audience) {
        return prefix(audience) + '~';
    }

    public static String nodeOf(String key) {
        return key.substring(key.indexOf('\0') + 1);
    }

    public static StoreBuilder<KeyValueStore<String, byte[]>> builder(Map<String, String> changelog) {
        return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(NAME), Serdes.String(), Serdes.ByteArray())
                .withLoggingEnabled(changelog)
                .withCachingDisabled();
    }
}
