package dev.muster.bench.load;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The order of heartbeats. All agents have the same interval, so they stand in line: an agent that has sent goes to the
 * end. {@link #welcome} and {@link #spread} are for every thread, the rest for the sending thread.
 */
final class BeatLine {
    private final Queue<Beat> newcomers = new ConcurrentLinkedQueue<>();
    private final Deque<Beat> line = new ArrayDeque<>();
    private volatile boolean uneven;
    private long intervalNanos;

    /**
     * The next heartbeat of one session.
     *
     * @param dueNanos 0: an interval after the welcome
     */
    record Beat(SimAgent agent, String session, long welcomeNanos, long dueNanos) {}

    void welcome(SimAgent agent, long nowNanos) {
        newcomers.add(new Beat(agent, agent.session(), nowNanos, 0));
    }

    /** Has heartbeats spread evenly over the interval, from now on. */
    void spread() {
        uneven = true;
    }

    /** Lets in who came, and spreads if that is wanted. */
    void take(long interval, long nowNanos) {
        intervalNanos = interval;
        for (Beat next = newcomers.poll(); next != null; next = newcomers.poll()) {
            line.addLast(new Beat(next.agent(), next.session(), next.welcomeNanos(), next.welcomeNanos() + interval));
        }
        if (uneven) {
            uneven = false;
            List<Beat> all = new ArrayList<>(line);
            all.sort(Comparator.comparingLong(beat -> beat.dueNanos() - nowNanos));
            line.clear();
            for (int i = 0; i < all.size(); i++) {
                Beat beat = all.get(i);
                line.addLast(new Beat(
                        beat.agent(), beat.session(), beat.welcomeNanos(), nowNanos + i * interval / all.size()));
            }
        }
    }

    @Nullable
    Beat next() {
        return line.peekFirst();
    }

    /** It was sent. */
    void again(Beat sent) {
        line.removeFirst();
        line.addLast(new Beat(sent.agent(), sent.session(), sent.welcomeNanos(), sent.dueNanos() + intervalNanos));
    }

    /** The session is over. */
    void leave(Beat over) {
        line.remove(over);
    }
}
