package dev.muster.fanout.live.host;

import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.log.Feed;
import dev.muster.fanout.registry.RegistryReads;
import dev.muster.fanout.watch.Inputs;
import dev.muster.fanout.watch.Watches;
import java.time.Clock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What all sessions of a gateway share.
 *
 * @param standing whether users' tokens are still good
 * @param clock for lag
 * @param nanos for deadlines
 * @param errorIds ids of our own faults
 */
public record Services(
        Feed feed,
        RegistryReads registry,
        Watches watches,
        Inputs inputs,
        ByteBudget history,
        Heartbeat heartbeat,
        StreamLimits limits,
        StreamMetrics metrics,
        Standing standing,
        Clock clock,
        LongSupplier nanos,
        Supplier<String> errorIds) {
    /** For the sessions of one user. */
    public Services of(String user) {
        return new Services(
                feed,
                registry.of(user),
                watches,
                inputs,
                history,
                heartbeat,
                limits,
                metrics,
                standing,
                clock,
                nanos,
                errorIds);
    }
}
