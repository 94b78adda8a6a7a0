package dev.muster.local.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.local.data.StartFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class BrokerDiskTest {
    private final AtomicLong free = new AtomicLong(100 << 20);
    private final List<BrokerFailure> told = new ArrayList<>();
    private final BrokerDisk disk = new BrokerDisk(Path.of("/var/kafka"), 32 << 20, free::get, told::add);

    @Test
    void a_disk_with_too_little_room_refuses_the_start_in_words() {
        disk.requireRoom();
        free.set(5 << 20);
        assertThatThrownBy(disk::requireRoom)
                .isInstanceOf(StartFailure.class)
                .hasMessage("the disk of /var/kafka is full: 5 MiB are left and the broker needs 32; free some room and"
                        + " start again");
    }

    @Test
    void a_disk_that_fills_up_ends_the_broker_once_and_says_why() {
        disk.look();
        assertThat(told).isEmpty();
        free.set((32 << 20) - 1);
        disk.look();
        disk.look();
        assertThat(told).hasSize(1);
        assertThat(told.get(0).reason()).contains("/var/kafka is full: 31 MiB");
    }
}
