package dev.muster.registry.terminal.history;

import dev.muster.proto.store.v1.TerminalTimes;

/** Times as they are stored: the first, and of each further one how much later it is than the one before. */
final class StoredTimes {
    private StoredTimes() {}

    /** @param millis never going back from {@code from} to {@code to} (exclusive) */
    static TerminalTimes of(long[] millis, int from, int to) {
        TerminalTimes.Builder times = TerminalTimes.newBuilder();
        if (from < to) {
            times.setFirstMillis(millis[from]);
        }
        for (int i = from + 1; i < to; i++) {
            times.addLaterMillis(millis[i] - millis[i - 1]);
        }
        return times.build();
    }

    static long[] millis(TerminalTimes times) {
        long[] millis = new long[1 + times.getLaterMillisCount()];
        millis[0] = times.getFirstMillis();
        for (int i = 1; i < millis.length; i++) {
            millis[i] = millis[i - 1] + times.getLaterMillis(i - 1);
        }
        return millis;
    }
}
