package dev.muster.registry.streams;

import java.io.File;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The disk of the state stores. When it is full, RocksDB may stop for good, even when there is room again. Thread-safe.
 */
public final class StateDisk {
    private final File directory;
    private final long freeBytesMin;

    /** @param freeBytesMin with less the registry is not ready */
    public StateDisk(Path directory, long freeBytesMin) {
        this.directory = directory.toFile();
        this.freeBytesMin = freeBytesMin;
    }

    /** Bytes that can still be written; 0 also while the directory is not there. */
    public long freeBytes() {
        return directory.getUsableSpace();
    }

    /** That there is too little room, or nothing. */
    public Optional<String> problem() {
        long free = freeBytes();
        return free >= freeBytesMin || !directory.isDirectory()
                ? Optional.empty()
                : Optional.of("%d MiB are left on the disk of the state directory %s".formatted(free >> 20, directory));
    }
}
