package dev.muster.kit.process;

import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Passes the log of libraries that use {@code java.util.logging} on to ours. By itself that log goes to standard error,
 * with stack traces. A severe message keeps its trace. A warning becomes one line. A warning of gRPC becomes
 * information, since the caller gets the failure as a status too.
 */
public final class JavaLogging extends Handler {
    private static final String GRPC = "io.grpc.";
    private static final SimpleFormatter FORMATTER = new SimpleFormatter();

    private JavaLogging() {}

    /** Takes effect for the whole process. */
    public static void toTheLog() {
        LogManager.getLogManager().reset();
        java.util.logging.Logger.getLogger("").addHandler(new JavaLogging());
    }

    @Override
    public void publish(LogRecord said) {
        String logger = said.getLoggerName() == null ? "java" : said.getLoggerName();
        Level level = level(said.getLevel(), logger);
        var line = LoggerFactory.getLogger(logger).atLevel(level);
        if (level == Level.ERROR) {
            line.setCause(said.getThrown()).log(FORMATTER.formatMessage(said));
        } else {
            line.log(oneLine(FORMATTER.formatMessage(said), said.getThrown()));
        }
    }

    private static Level level(java.util.logging.Level said, String logger) {
        if (said.intValue() >= java.util.logging.Level.SEVERE.intValue()) {
            return Level.ERROR;
        }
        if (said.intValue() >= java.util.logging.Level.WARNING.intValue()) {
            return logger.startsWith(GRPC) ? Level.INFO : Level.WARN;
        }
        return said.intValue() >= java.util.logging.Level.INFO.intValue() ? Level.INFO : Level.DEBUG;
    }

    private static String oneLine(String message, @Nullable Throwable thrown) {
        String whole = thrown == null ? message : message + ": " + thrown;
        return whole.lines().map(String::strip).reduce((a, b) -> a + " " + b).orElse("");
    }

    @Override
    public void flush() {
        // each line is written at once
    }

    @Override
    public void close() {
        // nothing is buffered
    }
}
