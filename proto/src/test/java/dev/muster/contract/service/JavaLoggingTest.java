package dev.muster.contract.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class JavaLoggingTest {
    @Test
    void a_warning_of_a_library_writes_no_stack_trace() {
        Logger grpc = Logger.getLogger("io.grpc.internal.ManagedChannelImpl");
        PrintStream before = System.err;
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        try {
            JavaLogging.toTheLog();
            grpc.log(Level.WARNING, "Failed to resolve name", new IllegalStateException("no such host"));
            Logger.getLogger("another").log(Level.WARNING, "two\nlines", new IllegalStateException("why"));
        } finally {
            System.setErr(before);
        }
        String lines = written.toString(StandardCharsets.UTF_8);
        assertThat(lines).doesNotContain("\tat ").doesNotContain("handleErrorInSyncContext");
    }
}
