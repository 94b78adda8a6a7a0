package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.kit.process.Threads;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few threads for one kind of read. Users take turns, each with one read at a time, so a user with many reads delays
 * only their own. If there is more than one thread, one is always left to the other users. Thread-safe; guarded by its
 * own lock.
 */
final class ReadLane implements AutoCloseable {
    /** A read that takes longer hangs: its budget was over long before. */
    static final long STUCK_MILLIS = 60_000;

    private static final Logger LOG = LoggerFactory.getLogger(ReadLane.class);

    /** How much may wait. */
    record Limits(int waitingMax, int waitingPerUserMax, long bytesMax) {}

    private static final class Job {
        private final String user;
        private final int bytes;
        private final Runnable read;
        private final Consumer<MusterException> refused;
        /** Ends the wait; null: it may wait for as long as it takes. */
        private @Nullable Future<?> end;

        Job(String user, int bytes, Runnable read, Consumer<MusterException> refused) {
            this.user = user;
            this.bytes = bytes;
            this.read = read;
            this.refused = refused;
        }

        /** The timer would keep the request in memory. */
        private void cancelEnd() {
            if (end != null) {
                end.cancel(false);
            }
        }
    }

    /** What one user has waiting and under way. */
    private static final class Share {
        private final Deque<Job> waiting = new ArrayDeque<>();
        private long bytes;
        private int running;

        private boolean isEmpty() {
            return waiting.isEmpty() && running == 0;
        }
    }

    private final String name;
    private final int runningPerUserMax;
    private final Limits limits;
    private final LongSupplier nanoTime;
    private final ScheduledExecutorService timer;
    private final List<Thread> threads = new ArrayList<>();
    /** Since when each thread reads. */
    private final Map<Thread, Long> reading = new HashMap<>();
    /** In the order of their turns. */
    private final Map<String, Share> shares = new LinkedHashMap<>();

    private int waiting;
    private long bytes;
    private boolean closed;
    private volatile long refusals;

    /** @param timer ends waits; not closed here */
    ReadLane(
            String name,
            int threadCount,
            Limits limits,
            LongSupplier nanoTime,
            ScheduledExecutorService timer,
            Threads made) {
        this.timer = timer;
        this.name = name;
        this.runningPerUserMax = Math.max(1, threadCount - 1);
        this.limits = limits;
        this.nanoTime = nanoTime;
        for (int i = 1; i <= threadCount; i++) {
            Thread thread = made.loop(name + "-" + i, this::work);
            threads.add(thread);
            thread.start();
        }
    }

    /** As below, but the read may wait for as long as it takes. */
    void submit(String user, int size, Runnable read, Consumer<MusterException> refused) {
        submit(user, size, Long.MAX_VALUE, read, refused);
    }

    /**
     * Runs the read on a thread of the lane, or says why not.
     *
     * @param size bytes that it holds while it waits
     * @param waitNanos how long it may wait for a thread
     * @param read catches what it throws
     * @param refused is told {@code rate-limited} in three cases: now, later if the read has to make room for another
     *     user's, or at the end of the wait if the user's other reads are the reason. Otherwise it is told
     *     {@code unavailable} at the end of the wait.
     */
    void submit(String user, int size, long waitNanos, Runnable read, Consumer<MusterException> refused) {
        Job job = new Job(user, size, read, refused);
        List<Job> dropped;
        boolean stopped;
        synchronized (this) {
            stopped = closed;
            dropped = stopped ? List.of(job) : add(job);
            refusals += stopped ? 0 : dropped.size();
            if (waitNanos < Long.MAX_VALUE && !dropped.contains(job)) {
                job.end = timer.schedule(() -> endWait(job), waitNanos, TimeUnit.NANOSECONDS);
            }
            notifyAll();
        }
        for (Job left : dropped) {
            left.refused.accept(stopped ? stops() : tooMany(left.equals(job)));
        }
    }

    private static MusterException tooMany(boolean own) {
        String whose = own ? "You have" : "Others read too, and you have";
        return new MusterException(ErrorCode.RATE_LIMITED, whose + " too many reads waiting at once.");
    }

    private static MusterException stops() {
        return new MusterException(ErrorCode.UNAVAILABLE, "this registry stops");
    }

    /** Returns the reads that there is no room for. */
    private List<Job> add(Job job) {
        Share share = shares.getOrDefault(job.user, new Share());
        boolean tooMuch =
                share.waiting.size() >= limits.waitingPerUserMax || share.bytes + job.bytes > limits.bytesMax / 2;
        if (tooMuch) {
            return List.of(job);
        }
        shares.put(job.user, share);
        share.waiting.add(job);
        account(share, job, 1);
        List<Job> dropped = new ArrayList<>();
        while (waiting > limits.waitingMax || bytes > limits.bytesMax) {
            dropped.add(dropOfGreatest());
        }
        return dropped;
    }

    /** Removes a job of the user with the largest share of the overfull resource. */
    private Job dropOfGreatest() {
        boolean tooManyBytes = bytes > limits.bytesMax;
        Map.Entry<String, Share> greatest = shares.entrySet().stream()
                .max(Comparator.comparingLong(user -> tooManyBytes
                        ? user.getValue().bytes
                        : user.getValue().waiting.size()))
                .orElseThrow();
        Share share = greatest.getValue();
        Job dropped = share.waiting.removeLast();
        dropped.cancelEnd();
        account(share, dropped, -1);
        if (share.isEmpty()) {
            shares.remove(greatest.getKey());
        }
        return dropped;
    }

    private void endWait(Job job) {
        boolean own;
        synchronized (this) {
            Share share = shares.get(job.user);
            if (share == null || !share.waiting.contains(job)) {
                return;
            }
            own = share.running + ahead(share, job) >= runningPerUserMax;
            share.waiting.remove(job);
            account(share, job, -1);
            if (share.isEmpty()) {
                shares.remove(job.user);
            }
            refusals += own ? 1 : 0;
        }
        job.refused.accept(
                own
                        ? new MusterException(
                                ErrorCode.RATE_LIMITED, "Your other reads took all the time that this one had.")
                        : new MusterException(
                                ErrorCode.UNAVAILABLE, "The reads of others took all the time that this one had."));
    }

    /** Reads of the same user that have their turn before it. */
    private static int ahead(Share share, Job job) {
        int ahead = 0;
        for (Job other : share.waiting) {
            if (other == job) {
                break;
            }
            ahead++;
        }
        return ahead;
    }

    private void account(Share share, Job job, int sign) {
        share.bytes += sign * (long) job.bytes;
        bytes += sign * (long) job.bytes;
        waiting += sign;
    }

    private void work() {
        try {
            while (true) {
                Job job = take();
                try {
                    job.read.run();
                } catch (RuntimeException | StackOverflowError e) {
                    LOG.atError().setCause(e).addKeyValue("lane", name).log("a read let a failure through");
                } finally {
                    done(job);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Job take() throws InterruptedException {
        while (true) {
            Job next = next();
            if (next != null) {
                reading.put(Thread.currentThread(), nanoTime.getAsLong());
                return next;
            }
            wait();
        }
    }

    /** The first read of the first user who may read now; the user goes to the end of the line. */
    private @Nullable Job next() {
        Iterator<Map.Entry<String, Share>> users = shares.entrySet().iterator();
        while (users.hasNext()) {
            Map.Entry<String, Share> user = users.next();
            Share share = user.getValue();
            if (share.running < runningPerUserMax && !share.waiting.isEmpty()) {
                Job job = share.waiting.removeFirst();
                account(share, job, -1);
                share.running++;
                job.cancelEnd();
                users.remove();
                shares.put(user.getKey(), share);
                return job;
            }
        }
        return null;
    }

    private synchronized void done(Job job) {
        reading.remove(Thread.currentThread());
        Share share = shares.get(job.user);
        if (share != null) {
            share.running--;
            if (share.isEmpty()) {
                shares.remove(job.user);
            }
        }
        notifyAll();
    }

    void bindTo(MeterRegistry meters) {
        Gauge.builder("muster.registry.reads.waiting", this, ReadLane::waiting)
                .description("reads that wait for a thread")
                .tag("lane", name)
                .register(meters);
        FunctionCounter.builder("muster.registry.reads.refused", this, lane -> lane.refusals)
                .description("reads that were refused, because their user had too many or others needed the room")
                .tag("lane", name)
                .register(meters);
    }

    /** Reads that wait for a thread. */
    synchronized int waiting() {
        return waiting;
    }

    /** What is wrong with its threads, or nothing. */
    synchronized Optional<String> problem() {
        if (closed) {
            return Optional.empty();
        }
        if (threads.stream().anyMatch(thread -> !thread.isAlive())) {
            return Optional.of("a thread of " + name + " has ended");
        }
        long now = nanoTime.getAsLong();
        long longest = reading.values().stream()
                .mapToLong(since -> TimeUnit.NANOSECONDS.toMillis(now - since))
                .max()
                .orElse(0);
        return longest < STUCK_MILLIS
                ? Optional.empty()
                : Optional.of("a read of " + name + " has not ended for " + longest / 1_000 + " s");
    }

    @Override
    public void close() {
        List<Job> left = new ArrayList<>();
        synchronized (this) {
            closed = true;
            shares.values().forEach(share -> {
                left.addAll(share.waiting);
                share.waiting.clear();
            });
            waiting = 0;
            bytes = 0;
        }
        threads.forEach(Thread::interrupt);
        left.forEach(job -> job.refused.accept(stops()));
    }
}
