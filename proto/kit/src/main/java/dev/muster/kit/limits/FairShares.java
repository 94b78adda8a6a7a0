package dev.muster.kit.limits;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Divides a total among several consumers: the part that one does not need goes to the others. Pure. */
public final class FairShares {
    private FairShares() {}

    /** Gives each consumer what it wants or an equal share, whichever is less. */
    public static long[] of(long[] wanted, long total) {
        long[] shares = new long[wanted.length];
        int[] smallestFirst = IntStream.range(0, wanted.length)
                .boxed()
                .sorted(Comparator.comparingLong(i -> wanted[i]))
                .mapToInt(i -> i)
                .toArray();
        long left = Math.max(0, total);
        for (int i = 0; i < smallestFirst.length; i++) {
            long share = Math.min(wanted[smallestFirst[i]], left / (smallestFirst.length - i));
            shares[smallestFirst[i]] = share;
            left -= share;
        }
        return shares;
    }
}
