package dev.muster.e2e.simulation;

import java.util.List;
import java.util.Random;

/** All that is left to chance, from one seed. */
final class Chance {
    private final Random random;

    Chance(long seed) {
        // close seeds give close first numbers; a few rounds of SplitMix64 (Steele, Lea, Flood, 2014) part them
        long mixed = seed * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        random = new Random(mixed ^ (mixed >>> 31));
    }

    /** A source of its own for a part, so that one part's use of chance does not move another's. */
    Random fork() {
        return new Random(random.nextLong());
    }

    boolean oneIn(int times) {
        return random.nextInt(times) == 0;
    }

    /** Both ends included. */
    int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    long between(long low, long high) {
        return low + (long) (random.nextDouble() * (double) (high - low + 1));
    }

    <T> T of(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
