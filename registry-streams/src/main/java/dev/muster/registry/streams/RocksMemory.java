package dev.muster.registry.streams;

import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/** One block cache and one memtable budget for every RocksDB store of the process. Close it after the stores. */
public final class RocksMemory implements AutoCloseable {
    /** Under this name {@link BoundedRocks} finds it in the properties of an app. */
    static final String CONFIG = "muster.rocks.memory";

    private final Cache cache;
    private final WriteBufferManager memtables;

    public RocksMemory(long cacheBytes, long memtablesBytes) {
        RocksDB.loadLibrary();
        cache = new LRUCache(cacheBytes, -1, false, 0.1);
        // counted within the cache, so that the cache's size bounds both
        memtables = new WriteBufferManager(memtablesBytes, cache);
    }

    Cache cache() {
        return cache;
    }

    WriteBufferManager memtables() {
        return memtables;
    }

    @Override
    public void close() {
        memtables.close();
        cache.close();
    }

    @Override
    public String toString() {
        return "shared";
    }
}
