package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WatchedBodyTest {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    @Test
    void a_body_that_stops_is_a_failure_not_a_wait_without_end() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket accepted = server.accept();
                InputStream body = new WatchedBody(client.getInputStream(), Duration.ofMillis(400))) {
            accepted.getOutputStream().write(7);
            assertThat(body.read()).isEqualTo(7);
            assertThatThrownBy(body::read).isInstanceOf(HttpTimeoutException.class);
        }
    }

    @Test
    void a_body_that_is_read_slowly_is_none() throws Exception {
        try (InputStream body = new WatchedBody(new ByteArrayInputStream(new byte[] {1, 2}), Duration.ofMillis(200))) {
            assertThat(body.read()).isEqualTo(1);
            timer.schedule(() -> {}, 600, TimeUnit.MILLISECONDS).get();
            assertThat(body.readAllBytes()).containsExactly(2);
        }
    }
}
