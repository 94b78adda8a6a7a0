package dev.muster.kit.process;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class JavaLoggingTest {
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final PrintStream before = System.err;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @BeforeEach
    void listen() {
        log.start();
        root.addAppender(log);
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        JavaLogging.toTheLog();
    }

    @AfterEach
    void leave() {
        System.setErr(before);
        root.detachAppender(log);
    }

    @Test
    void a_warning_of_a_library_is_one_line_of_the_log_without_a_stack_trace() {
        say("another", java.util.logging.Level.WARNING, "two\nlines");

        ILoggingEvent line = only();
        assertThat(line.getLevel()).isEqualTo(Level.WARN);
        assertThat(line.getLoggerName()).isEqualTo("another");
        assertThat(line.getFormattedMessage()).isEqualTo("two lines: java.lang.IllegalStateException: why");
        assertThat(line.getThrowableProxy()).isNull();
    }

    @Test
    void a_warning_of_grpc_is_information() {
        say("io.grpc.internal.ManagedChannelImpl", java.util.logging.Level.WARNING, "Failed to resolve name");

        assertThat(only().getLevel()).isEqualTo(Level.INFO);
        assertThat(only().getFormattedMessage()).startsWith("Failed to resolve name: ");
    }

    @Test
    void a_severe_message_keeps_its_stack_trace() {
        say("another", java.util.logging.Level.SEVERE, "broken");

        assertThat(only().getLevel()).isEqualTo(Level.ERROR);
        assertThat(only().getThrowableProxy().getMessage()).isEqualTo("why");
    }

    private static void say(String logger, java.util.logging.Level level, String message) {
        java.util.logging.Logger.getLogger(logger).log(level, message, new IllegalStateException("why"));
    }

    /** Nothing goes to standard error beside it. */
    private ILoggingEvent only() {
        assertThat(written.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(log.list).hasSize(1);
        return log.list.get(0);
    }
}
