package dev.muster.e2e.simulation;

import dev.muster.contract.topics.Partitions;
import java.util.function.Consumer;

/** What all parts of a simulation share. */
final class World {
    final VirtualTime time = new VirtualTime();
    final Chance chance;
    final Trace trace;
    final Ledger ledger = new Ledger();
    final MemoryLog log;
    private boolean faulty = true;

    World(long seed, Partitions partitions, Consumer<String> notes) {
        chance = new Chance(seed);
        trace = new Trace(notes);
        log = new MemoryLog(time, partitions);
    }

    /** Whether things still go wrong. */
    boolean isFaulty() {
        return faulty;
    }

    /** From now on there are no more faults. */
    void calm() {
        faulty = false;
    }

    /** Something goes wrong with this chance, while things go wrong at all. */
    boolean mishap(int oneIn) {
        return faulty && chance.oneIn(oneIn);
    }

    void note(String event) {
        trace.add(time.millis(), event);
    }
}
