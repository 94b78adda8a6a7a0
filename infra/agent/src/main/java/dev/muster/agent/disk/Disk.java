package dev.muster.agent.disk;

import java.io.IOException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the disk of the state directory can be written. Every part that fails to write reports it here, and reports
 * again when it has written everything that was outstanding. The problem is over when no part has failed for
 * {@link #QUIET_NANOS}. Each change is logged once. Thread-safe.
 */
public final class Disk {
    static final long QUIET_NANOS = 5_000_000_000L;
    private static final Logger LOG = LoggerFactory.getLogger(Disk.class);

    private final Set<Object> failing = Collections.newSetFromMap(new IdentityHashMap<>());
    private String problem = "";
    private long failedNanos;
    private Runnable listener = () -> {};

    /** @param newListener told, on the thread of the failing part, that a write must be tried again */
    public synchronized void onFailure(Runnable newListener) {
        listener = newListener;
    }

    /** The part has an outstanding write until it reports that it {@link #worked}. */
    public void failed(Object part, IOException why) {
        Runnable told;
        synchronized (this) {
            failing.add(part);
            failedNanos = System.nanoTime();
            told = listener;
            if (problem.isEmpty()) {
                problem = inWords(why);
                // no warning: where the log's warnings go to a person, the agent's own lines do too
                LOG.atInfo()
                        .addKeyValue("event", "agent-disk-failed")
                        .addKeyValue("reason", why.getMessage())
                        .log(problem + ": running commands wait, new ones are refused");
            }
        }
        told.run();
    }

    /** The part has no outstanding write. */
    public synchronized void worked(Object part) {
        failing.remove(part);
    }

    /** Checks whether the problem is over. True if there is none. */
    public synchronized boolean settle() {
        if (!problem.isEmpty() && failing.isEmpty() && System.nanoTime() - failedNanos >= QUIET_NANOS) {
            problem = "";
            LOG.atInfo().addKeyValue("event", "agent-disk-works").log("the agent's disk can be written again");
        }
        return problem.isEmpty();
    }

    /** For people; empty while all writes succeed. */
    public synchronized String problem() {
        return problem;
    }

    /** The meaning of the failure, for people. */
    public static String inWords(IOException why) {
        return isFull(why)
                ? "the agent's disk is full"
                : "the agent's disk cannot be written (" + why.getMessage() + ")";
    }

    /** Whether the disk was full. The JDK tells that only in the operating system's words. */
    public static boolean isFull(IOException why) {
        String said = String.valueOf(why.getMessage()).toLowerCase(Locale.ROOT);
        return said.contains("no space left")
                || said.contains("not enough space")
                || said.contains("disk quota exceeded");
    }
}
