/** What both Kafka Streams apps share: properties, bounds of RocksDB, handlers of bad data, start, stop and health. */
@NullMarked
package dev.muster.registry.streams;

import org.jspecify.annotations.NullMarked;
