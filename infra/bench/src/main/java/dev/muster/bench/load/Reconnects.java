package dev.muster.bench.load;

import io.grpc.Metadata;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long a simulated agent waits before it reconnects: as a real one does, full jitter, and at least the time that
 * the gateway asked for.
 */
final class Reconnects {
    private static final Metadata.Key<String> RETRY_AFTER_MILLIS =
            Metadata.Key.of("muster-retry-after-ms", Metadata.ASCII_STRING_MARSHALLER);
    private static final long FIRST_MILLIS = 500;
    private static final long MAX_MILLIS = 30_000;

    private final RandomGenerator random;

    Reconnects(RandomGenerator random) {
        this.random = random;
    }

    /** @param failures since the agent was welcome last */
    long delayMillis(int failures, Metadata trailers) {
        long bound = Math.min(MAX_MILLIS, FIRST_MILLIS << Math.min(failures, 10));
        long delay = random.nextLong(bound + 1);
        long asked = millis(trailers.get(RETRY_AFTER_MILLIS));
        return asked == 0 ? delay : asked + random.nextLong(asked + 1);
    }

    private static long millis(@Nullable String value) {
        return value == null ? 0 : Long.parseLong(value);
    }
}
