package dev.muster.fanout.transport;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.TASK;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Viewers that connect, attach and vanish by a reset leave nothing behind. */
class VanishTest {
    private static final int CYCLES = 300;
    private static final int AT_ONCE = 30;
    private static final int THREADS_LEFT_MAX = 16;
    /** Files of the machine's, such as classes that are loaded meanwhile. */
    private static final int FILES_SPARE = 8;
    /** A session that is kept weighs several times that. */
    private static final long LEFT_PER_CYCLE_MAX = 2_048;

    private final StreamServer server = new StreamServer(Map.of());

    @BeforeEach
    void one_node_with_one_task() {
        server.fixture.registry.put(node("alice", 1));
        server.fixture.registry.put(task(TaskState.RUNNING));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private double gauge(String name) {
        return server.meters.get("muster.stream." + name).gauge().value();
    }

    private static long httpThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("fanout-http"))
                .count();
    }

    private static long openFiles() {
        var system = (com.sun.management.UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getOpenFileDescriptorCount();
    }

    private static long heapInUse() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }

    /** Returns the most sessions that were open at once. */
    private double vanish(int cycles) throws IOException {
        String authorization = "Authorization: Bearer " + server.token("alice");
        double most = 0;
        for (int done = 0; done < cycles; done += AT_ONCE) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                RawClient client = new RawClient(server.port(), StreamEndpoint.PATH, authorization);
                client.sendText("{\"op\":\"open\",\"resume\":null}");
                client.sendText("{\"op\":\"attach\",\"ref\":\"a\",\"nodeId\":\"" + NODE + "\",\"terminal\":\"" + TASK
                        + "\",\"lines\":10}");
                clients.add(client);
            }
            await().until(() -> gauge("attaches") > 0 && gauge("leases") > 0);
            most = Math.max(most, gauge("sessions"));
            for (RawClient client : clients) {
                client.reset();
            }
        }
        return most;
    }

    private void awaitNobody() {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(server.endpoint.sessions()).isZero();
            assertThat(gauge("sessions")).isZero();
            assertThat(gauge("attaches")).isZero();
            assertThat(gauge("leases")).isZero();
            assertThat(gauge("history.bytes")).isZero();
            assertThat(httpThreads()).isLessThanOrEqualTo(THREADS_LEFT_MAX);
        });
    }

    @Test
    @Timeout(180)
    void after_hundreds_of_resets_sessions_attaches_leases_threads_files_and_heap_are_back() throws IOException {
        assertThat(vanish(CYCLES)).isPositive();
        awaitNobody();
        // what is made once and kept, by the server and by the test, is there now
        server.fixture.sink.all().clear();
        long files = openFiles();
        long heap = heapInUse();
        assertThat(vanish(CYCLES)).isPositive();
        awaitNobody();
        server.fixture.sink.all().clear();
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> {
                    assertThat(openFiles()).isLessThanOrEqualTo(files + FILES_SPARE);
                    assertThat(heapInUse()).isLessThan(heap + CYCLES * LEFT_PER_CYCLE_MAX);
                });
    }
}
