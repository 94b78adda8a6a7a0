package dev.muster.e2e.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.fanout.FanoutServer;
import dev.muster.proto.records.v1.Removed;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One gateway is killed, or stopped, while viewers are connected. All viewers go on at another gateway, each with
 * exactly the continuation. {@code -Dmuster.test.viewers=1000} sets the number of viewers.
 */
class TwoGatewaysTest {
    private static final int VIEWERS = Integer.getInteger("muster.test.viewers", 200);
    private static final int CHANGES = 2_000;
    private static final Duration LONG = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<SequenceViewer> viewers = new ArrayList<>();
    private ChangesLog log;
    private FanoutServer second;
    private Path dir;

    @BeforeEach
    void start(@TempDir Path temporary) throws Exception {
        dir = temporary;
        log = new ChangesLog(dir);
        log.settings.put("MUSTER_FANOUT_STREAM_SESSIONS_PER_USER_MAX", "100000");
        // so little memory that a returning viewer is served from the log
        log.settings.put("MUSTER_FANOUT_STREAM_RING_BYTES_MAX", "131072");
        log.settings.put("MUSTER_FANOUT_STREAM_RING_BACK_RECORDS", "0");
        second = FanoutServer.start(log.settings);
    }

    @AfterEach
    void stop() {
        viewers.forEach(SequenceViewer::abort);
        second.close();
        log.close();
    }

    private void publish(int changes) {
        log.publish(changes, record -> record.setRemoved(Removed.getDefaultInstance()));
    }

    private ServiceProcess first() throws Exception {
        return ServiceProcess.start("fanout", log.settings, 256, dir.resolve("first.log"));
    }

    private void connectAll(int port) {
        CompletableFuture.allOf(
                        viewers.stream().map(viewer -> viewer.connect(port)).toArray(CompletableFuture[]::new))
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
        Awaitility.await("all viewers are open")
                .atMost(LONG)
                .until(() -> viewers.stream().allMatch(SequenceViewer::isOpen));
    }

    private void eachHasAll() {
        Awaitility.await("each viewer has every change")
                .atMost(LONG)
                .until(() -> viewers.stream().allMatch(viewer -> viewer.count() >= log.published()));
        List<Long> all = LongStream.rangeClosed(1, log.published()).boxed().toList();
        for (SequenceViewer viewer : viewers) {
            assertThat(viewer.told()).isEmpty();
            assertThat(viewer.recoveries()).isEqualTo(1);
            assertThat(viewer.versions()).isEqualTo(all);
        }
    }

    @Test
    void a_gateway_is_killed_and_each_viewer_goes_on_elsewhere_with_exactly_the_continuation() throws Exception {
        try (ServiceProcess first = first()) {
            for (int i = 0; i < VIEWERS; i++) {
                viewers.add(new SequenceViewer(http, log.token));
            }
            connectAll(first.port());
            publish(CHANGES);
            Awaitility.await("some have some")
                    .atMost(LONG)
                    .until(() -> viewers.stream().anyMatch(viewer -> viewer.count() > CHANGES / 4));
            first.kill();
            Awaitility.await("all know")
                    .atMost(LONG)
                    .until(() -> viewers.stream().allMatch(viewer -> viewer.closeCode() != 0));
        }
        publish(CHANGES);
        connectAll(second.httpPort());
        publish(10);
        eachHasAll();
    }

    @Test
    void a_gateway_that_stops_sends_its_viewers_away_and_each_goes_on_elsewhere() throws Exception {
        try (ServiceProcess first = first()) {
            for (int i = 0; i < VIEWERS / 4; i++) {
                viewers.add(new SequenceViewer(http, log.token));
            }
            connectAll(first.port());
            publish(100);
            Awaitility.await("some have some")
                    .atMost(LONG)
                    .until(() -> viewers.stream().anyMatch(viewer -> viewer.count() > 10));
        }
        Awaitility.await("all know")
                .atMost(LONG)
                .until(() -> viewers.stream().allMatch(viewer -> viewer.closeCode() != 0));
        assertThat(viewers).allMatch(viewer -> viewer.closeCode() == 1012);
        publish(100);
        connectAll(second.httpPort());
        eachHasAll();
    }
}
