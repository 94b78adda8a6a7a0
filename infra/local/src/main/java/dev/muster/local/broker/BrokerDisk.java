package dev.muster.local.broker;

import dev.muster.kit.process.Threads;
import dev.muster.local.data.StartFailure;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Watches the disk of the broker's logs. When a write fails, Kafka halts without a reason, and a full disk can fail in
 * the middle of a write. This class therefore stops the broker a little earlier, with a reason, while all acknowledged
 * records are on the disk.
 */
final class BrokerDisk implements AutoCloseable {
    static final long LOOK_MS = 1_000;

    private final Path directory;
    private final long freeBytesMin;
    private final LongSupplier freeBytes;
    private final Consumer<BrokerFailure> onFatal;
    private final ScheduledExecutorService timer;
    private boolean told;

    /** @param onFatal told once, when there is less room than {@code freeBytesMin} */
    BrokerDisk(Path directory, long freeBytesMin, LongSupplier freeBytes, Consumer<BrokerFailure> onFatal) {
        this.directory = directory;
        this.freeBytesMin = freeBytesMin;
        this.freeBytes = freeBytes;
        this.onFatal = onFatal;
        this.timer = new Threads().timer("broker-disk");
    }

    static BrokerDisk of(Path directory, long freeBytesMin, Consumer<BrokerFailure> onFatal) {
        return new BrokerDisk(directory, freeBytesMin, directory.toFile()::getUsableSpace, onFatal);
    }

    /** @throws StartFailure if there is already too little room at the start */
    void requireRoom() {
        problem().ifPresent(problem -> {
            throw new StartFailure(problem);
        });
    }

    void watch() {
        var unused = timer.scheduleWithFixedDelay(this::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
    }

    /** Only the timer calls this. */
    void look() {
        Optional<String> problem = problem();
        if (problem.isPresent() && !told) {
            told = true;
            onFatal.accept(new BrokerFailure("exit", 1, problem.get()));
        }
    }

    private Optional<String> problem() {
        long free = freeBytes.getAsLong();
        return free >= freeBytesMin
                ? Optional.empty()
                : Optional.of(
                        "the disk of %s is full: %d MiB are left and the broker needs %d; free some room and start again"
                                .formatted(directory, free >> 20, freeBytesMin >> 20));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
