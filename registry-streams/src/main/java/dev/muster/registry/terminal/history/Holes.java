package dev.muster.registry.terminal.history;

import dev.muster.proto.store.v1.TerminalHole;
import dev.muster.proto.store.v1.TerminalHoles;
import java.util.ArrayDeque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The terminals of a partition that wait for missing output, in a ring, and how long each has waited. The ring is in
 * the store. The time is in memory, so after a restart each terminal has the full wait again. Confined to the thread of
 * its task.
 */
public final class Holes {
    private final TerminalReads reads;
    private final TerminalWrites writes;
    private @Nullable TerminalHoles ring;
    /** Time that has passed for those who wait, in milliseconds. */
    private long passed;
    /** When each began to wait that came in this life; those before them in the ring began with it. */
    private final ArrayDeque<Long> began = new ArrayDeque<>();

    private long lifeBegan;
    /** Output was processed up to there; of no topic while none was in this life. */
    private String topicId = "";

    private long readUpTo;

    Holes(TerminalReads reads, TerminalWrites writes) {
        this.reads = reads;
        this.writes = writes;
    }

    public boolean isEmpty() {
        TerminalHoles now = ring();
        return now.getFirstPlace() == now.getNextPlace();
    }

    public void add(String node, String terminal, long sinceMillis) {
        TerminalHoles now = ring();
        TerminalHole hole = TerminalHole.newBuilder()
                .setNodeId(node)
                .setTerminalId(terminal)
                .setSinceMillis(sinceMillis)
                .build();
        writes.hole(now.getNextPlace(), hole);
        save(now.toBuilder()
                .setNextPlace(now.getNextPlace() + 1)
                .setTopicId(topicId)
                .setReadUpTo(readUpTo)
                .build());
        began.add(passed);
    }

    /** Time in which what is missing could have come. */
    public void pass(long millis) {
        passed += millis;
    }

    /**
     * All output of the partition before this offset is processed, or about to be. Stored while any terminal waits, so
     * that it is known after a restart in which no output arrives.
     */
    public void read(String topic, long upTo) {
        topicId = topic;
        readUpTo = upTo;
        if (!isEmpty()) {
            save(ring().toBuilder().setTopicId(topic).setReadUpTo(upTo).build());
        }
    }

    /**
     * All output of this topic's partition before this offset was processed, since this start or before it; 0 while
     * unknown.
     */
    public long readUpTo(String topic) {
        if (topicId.isEmpty()) {
            return ring().getTopicId().equals(topic) ? ring().getReadUpTo() : 0;
        }
        return topicId.equals(topic) ? readUpTo : 0;
    }

    /** The first, if it has waited so long. It stays in its place. */
    public Optional<TerminalHole> due(long waitMillis) {
        TerminalHoles now = ring();
        long count = now.getNextPlace() - now.getFirstPlace();
        if (count == 0) {
            return Optional.empty();
        }
        boolean ofThisLife = count == began.size();
        if (passed - (ofThisLife ? began.getFirst() : lifeBegan) < waitMillis) {
            return Optional.empty();
        }
        TerminalHole hole = reads.hole(now.getFirstPlace());
        if (hole == null) {
            throw new IllegalStateException("a place of the ring of holes is empty");
        }
        return Optional.of(hole);
    }

    /** Removes the first. */
    public void removeFirst() {
        TerminalHoles now = ring();
        long place = now.getFirstPlace();
        boolean ofThisLife = now.getNextPlace() - place == began.size();
        writes.deleteHole(place);
        save(now.toBuilder().setFirstPlace(place + 1).build());
        if (ofThisLife) {
            began.removeFirst();
        }
    }

    /** What is in the store counts. */
    void forget() {
        ring = null;
        began.clear();
        lifeBegan = passed;
    }

    private TerminalHoles ring() {
        TerminalHoles now = ring;
        if (now == null) {
            TerminalHoles stored = reads.holes();
            now = stored == null ? TerminalHoles.getDefaultInstance() : stored;
            ring = now;
        }
        return now;
    }

    private void save(TerminalHoles changed) {
        writes.holes(changed);
        ring = changed;
    }
}
