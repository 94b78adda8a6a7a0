package dev.muster.fanout.live.host;

import dev.muster.fanout.live.frames.Frames;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The frame that a session sends when it has sent nothing else for a while. A viewer that receives none knows that the
 * gateway is silent. The frame also says how long ago the gateway heard from the broker and from a registry, because a
 * gateway that answers may still serve old data. All sessions share one encoded frame for a short time, so an idle
 * session costs only one small write. Thread-safe.
 */
public final class Heartbeat {
    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** @param frame never changed; each session gets its own view of it */
    private record Encoded(ByteBuffer frame, long atNanos) {}

    private final Duration every;
    private final Supplier<OptionalLong> brokerHeardMillis;
    private final Supplier<OptionalLong> registryHeardMillis;
    private final LongSupplier nanos;
    private volatile @Nullable Encoded last;

    /**
     * @param every how long a session may be silent
     * @param brokerHeardMillis how long ago the broker answered; empty: never
     * @param registryHeardMillis how long ago a registry said that it is ready; empty: never
     */
    public Heartbeat(
            Duration every,
            Supplier<OptionalLong> brokerHeardMillis,
            Supplier<OptionalLong> registryHeardMillis,
            LongSupplier nanos) {
        this.every = every;
        this.brokerHeardMillis = brokerHeardMillis;
        this.registryHeardMillis = registryHeardMillis;
        this.nanos = nanos;
    }

    public Duration every() {
        return every;
    }

    public ByteBuffer frame() {
        long now = nanos.getAsLong();
        @Nullable Encoded known = last;
        if (known == null || now - known.atNanos > FRESH_NANOS) {
            known = new Encoded(Frames.heartbeat(every, brokerHeardMillis.get(), registryHeardMillis.get()), now);
            last = known;
        }
        return known.frame.duplicate();
    }
}
