package dev.muster.bench.fanout;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server under test: how one subscribes to it and publishes through it. */
interface Peer extends AutoCloseable {
    String name();

    /** What it promises. */
    String guarantee();

    int port();

    /** Processes whose memory and CPU are counted. */
    List<Long> pids();

    /** Path and query of a subscription. */
    String path();

    /** More headers of the upgrade, each ended by CR LF. */
    String headers();

    /**
     * The messages that a subscriber sends after the upgrade.
     *
     * @param resume its last position, if the server has such a thing
     */
    List<String> greeting(@Nullable String resume);

    /** Text that says that a subscriber is subscribed; empty: it is after the upgrade. */
    String ready();

    /** Sends a message to all subscribers. Returns before it arrives. */
    void publish(long sequence) throws IOException;

    @Override
    void close();
}
