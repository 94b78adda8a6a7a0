package dev.muster.local.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.local.data.LocalAddress;
import dev.muster.local.data.StartFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerServiceTest {
    @TempDir
    Path dir;

    private BrokerService start() {
        return BrokerService.start(
                Map.of("MUSTER_BROKER_DATA_DIR", dir.toString(), "MUSTER_BROKER_PORT", "0"),
                dir.toString(),
                said -> {},
                failure -> {});
    }

    @Test
    void one_that_cannot_say_where_it_is_does_not_go_on_and_one_that_can_says_it_while_it_runs() throws Exception {
        Path address = dir.resolve("broker.json");
        Path inTheWay = Files.createDirectory(address).resolve("file");
        Files.writeString(inTheWay, "");
        assertThatThrownBy(this::start).isInstanceOf(StartFailure.class).hasMessageContaining("broker.json");

        Files.delete(inTheWay);
        Files.delete(address);
        try (BrokerService broker = start()) {
            assertThat(LocalAddress.read(address).map(LocalAddress::kafka)).hasValue("127.0.0.1:" + broker.port());
        }
        assertThat(address).doesNotExist();
    }
}
