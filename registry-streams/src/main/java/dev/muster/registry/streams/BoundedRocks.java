package dev.muster.registry.streams;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;

/** Bounds RocksDB over all stores: by default each store of each partition would take about 100 MB for itself. */
public final class BoundedRocks implements RocksDBConfigSetter {
    private static final long MEMTABLE_BYTES = 4 << 20;
    private static final long BLOCK_BYTES = 16 << 10;

    @Override
    public void setConfig(String storeName, Options options, Map<String, Object> configs) {
        if (!(configs.get(RocksMemory.CONFIG) instanceof RocksMemory memory)) {
            throw new IllegalStateException("the app's properties were not made by StreamsSettings");
        }
        // Kafka Streams keeps a reference to the table config that it made: another one makes it throw
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(memory.cache());
        table.setCacheIndexAndFilterBlocks(true);
        table.setPinTopLevelIndexAndFilter(true);
        table.setBlockSize(BLOCK_BYTES);
        options.setWriteBufferManager(memory.memtables());
        options.setWriteBufferSize(MEMTABLE_BYTES);
        options.setMaxWriteBufferNumber(2);
        options.setCompressionType(CompressionType.LZ4_COMPRESSION);
        options.setMaxBackgroundJobs(2);
        options.setTableFormatConfig(table);
    }

    @Override
    public void close(String storeName, Options options) {
        // the memory is shared: RegistryServer closes it after the last store
    }
}
