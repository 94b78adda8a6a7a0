package dev.muster.fanout.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class StallWatchTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(Problems.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
    }

    @Test
    void one_body_that_fails_keeps_the_others_watched_and_is_logged_once() {
        AtomicInteger failed = new AtomicInteger();
        AtomicInteger watched = new AtomicInteger();
        try (StallWatch watch = new StallWatch(Duration.ofMillis(80), new Problems(() -> "e1"), new Threads())) {
            watch.add((now, stall) -> {
                failed.incrementAndGet();
                throw new IllegalStateException("no such socket");
            });
            for (int i = 0; i < 10; i++) {
                watch.add((now, stall) -> watched.incrementAndGet());
            }

            Awaitility.await().until(() -> failed.get() >= 3 && watched.get() >= 30);
        }

        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.ERROR);
            assertThat(line.getKeyValuePairs().toString()).contains("e1");
            assertThat(line.getThrowableProxy().getMessage()).isEqualTo("no such socket");
        });
    }
}
