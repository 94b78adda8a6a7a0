package dev.muster.e2e.simulation;

/** What all parts of a simulation share. */
final class World {
    final VirtualTime time = new VirtualTime();
    final Chance chance;
    final Trace trace = new Trace();
    final Ledger ledger = new Ledger();
    final MemoryLog log;
    private boolean faulty = true;

    World(long seed, dev.muster.contract.topics.Partitions partitions) {
        chance = new Chance(seed);
        log = new MemoryLog(time, partitions);
    }

    /** Whether things still go wrong. */
    boolean isFaulty() {
        return faulty;
    }

    /** From now on nothing goes wrong any more. */
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
