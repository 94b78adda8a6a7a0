package dev.muster.fanout.live.host;

import dev.muster.contract.topics.Partitions;
import dev.muster.fanout.log.ring.PartitionRing;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs sessions: an executor that runs one task at a time, in order. Its sessions that wait for the same records are
 * woken together. So a record for thousands of sessions is one task instead of a task for each, and no other thread
 * touches their state.
 */
public final class SessionContext {
    private static final Logger LOG = LoggerFactory.getLogger(SessionContext.class);
    /** So many have their turn before other tasks have theirs. */
    private static final int TURNS_AT_ONCE = 32;

    private static final Runnable[] NO_TURNS = {};

    private final Executor executor;
    /** Confined to the executor. */
    private final Map<Records, Group> groups = new HashMap<>();

    /** Those that sessions have; confined to the executor. */
    private final Map<Set<String>, WeakReference<AudiencePartitions>> spreads = new WeakHashMap<>();

    private record Records(PartitionRing ring, List<String> keys) {}

    public SessionContext(Executor executor) {
        this.executor = executor;
    }

    /** Runs a task here. Does nothing once the gateway stops: the sessions end with it. */
    public void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.atDebug().log("a task of the sessions is left out: the gateway stops");
        }
    }

    /** Called in the context: the same object for the same audiences. */
    public AudiencePartitions spread(Set<String> audiences, Partitions over) {
        @Nullable WeakReference<AudiencePartitions> known = spreads.get(audiences);
        @Nullable AudiencePartitions spread = known == null ? null : known.get();
        if (spread == null) {
            spread = new AudiencePartitions(Set.copyOf(audiences), over);
            spreads.put(spread.audiences(), new WeakReference<>(spread));
        }
        return spread;
    }

    /**
     * Called in the context: has {@code turn} run in the context whenever one of the keys gets a record, or the ring
     * starts again.
     */
    public void wakeOn(PartitionRing ring, List<String> keys, Runnable turn) {
        Group group = groups.get(new Records(ring, keys));
        if (group == null) {
            group = new Group();
            groups.put(new Records(ring, keys), group);
            ring.wakeOn(keys, group.wake);
        }
        group.add(turn);
    }

    /** In the context: undoes {@link #wakeOn}; nothing to do if there was none. */
    public void stopWaking(PartitionRing ring, List<String> keys, Runnable turn) {
        Group group = groups.get(new Records(ring, keys));
        if (group != null && group.remove(turn)) {
            groups.remove(new Records(ring, keys));
            ring.stopWaking(keys, group.wake);
        }
    }

    /** The sessions that wait for the same records. Everything is confined to the executor except {@link #wake}. */
    private final class Group {
        private final Set<Runnable> turns = new LinkedHashSet<>();
        private final AtomicBoolean awake = new AtomicBoolean();
        private final Runnable wake = this::wake;
        private final Runnable begin = this::begin;
        private final Runnable step = this::step;
        private Runnable @Nullable [] known;
        private Runnable[] round = NO_TURNS;
        private int next;
        private boolean again;

        void add(Runnable turn) {
            turns.add(turn);
            known = null;
        }

        /** Whether none is left. */
        boolean remove(Runnable turn) {
            known = null;
            return turns.remove(turn) && turns.isEmpty();
        }

        private void wake() {
            if (awake.compareAndSet(false, true)) {
                execute(begin);
            }
        }

        private void begin() {
            awake.set(false);
            if (next < round.length) {
                // some have had their turn already, without the new records
                again = true;
            } else {
                start();
            }
        }

        private void start() {
            again = false;
            Runnable[] all = known == null ? turns.toArray(NO_TURNS) : known;
            known = all;
            round = all;
            next = 0;
            step();
        }

        private void step() {
            int until = Math.min(round.length, next + TURNS_AT_ONCE);
            while (next < until) {
                round[next++].run();
            }
            if (next < round.length) {
                execute(step);
            } else {
                // a session that leaves must not be held here until the next record comes
                round = NO_TURNS;
                next = 0;
                if (again) {
                    start();
                }
            }
        }
    }
}
