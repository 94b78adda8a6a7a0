package dev.muster.registry.liveness;

/**
 * Whether so many nodes of one partition fall silent within a short time that the cause lies between them and Muster
 * rather than in each node. Also limits the changes for the worse in a second of log time.
 */
final class MassSilence {
    private static final long WINDOW_MILLIS = 15_000;
    private static final long SECOND_MILLIS = 1_000;

    private final LivenessSettings settings;
    private long window = Long.MIN_VALUE;
    private int fallen;
    private long untilMillis;
    private long second = Long.MIN_VALUE;
    private int changed;

    MassSilence(LivenessSettings settings) {
        this.settings = settings;
    }

    /**
     * Counts a node that was online and is silent.
     *
     * @return whether this one made it a mass
     */
    boolean fell(long clockMillis, int followed) {
        long now = Math.floorDiv(clockMillis, WINDOW_MILLIS);
        if (now != window) {
            window = now;
            fallen = 0;
        }
        fallen++;
        int most = Math.max(settings.massNodesMin(), (int) (followed * (long) settings.massPercent() / 100));
        if (fallen <= most) {
            return false;
        }
        boolean began = !isNow(clockMillis);
        untilMillis = clockMillis + settings.returnMillis();
        return began;
    }

    boolean isNow(long clockMillis) {
        return clockMillis < untilMillis;
    }

    long untilMillis() {
        return untilMillis;
    }

    /** Whether this second of log time has room for another change for the worse. */
    boolean hasRoom(long clockMillis) {
        long now = Math.floorDiv(clockMillis, SECOND_MILLIS);
        if (now != second) {
            second = now;
            changed = 0;
        }
        return changed < settings.changesPerSecondMax();
    }

    void changed() {
        changed++;
    }
}
