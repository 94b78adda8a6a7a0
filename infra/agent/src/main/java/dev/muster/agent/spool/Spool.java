package dev.muster.agent.spool;

import dev.muster.agent.disk.Disk;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.OutputChunk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The streams of all terminals; terminals with output to send take turns. Thread-safe. */
public final class Spool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

    private final Path dir;
    private final Budget budget;
    private final SpoolLimits limits;
    private final Disk disk;
    private final Map<String, TerminalSpool> terminals = new LinkedHashMap<>();
    private final Set<String> ready = new LinkedHashSet<>();
    private volatile Runnable listener = () -> {};

    /** Opens the directory with the output that an earlier process left in it. */
    public Spool(Path dir, SpoolLimits limits) throws IOException {
        this(dir, limits, System::nanoTime, new Disk());
    }

    /** Opens the directory with the output that an earlier process left in it. */
    public Spool(Path dir, SpoolLimits limits, Disk disk) throws IOException {
        this(dir, limits, System::nanoTime, disk);
    }

    /** @param nanos a clock that never goes back */
    Spool(Path dir, SpoolLimits limits, LongSupplier nanos, Disk disk) throws IOException {
        this.dir = dir;
        this.disk = disk;
        this.budget = new Budget(limits, nanos);
        this.limits = limits;
        Files.createDirectories(dir);
        try (Stream<Path> children = Files.list(dir)) {
            for (Path child : children.sorted().toList()) {
                String terminalId = child.getFileName().toString();
                if (Ids.isId(Ids.Kind.TASK, terminalId)) {
                    takeOver(terminalId);
                }
            }
        }
    }

    /** What cannot be opened is left for the next start; the other terminals do not wait for it. */
    private void takeOver(String terminalId) {
        try {
            deleteIfDone(open(terminalId));
        } catch (IOException | RuntimeException e) {
            LOG.atError()
                    .addKeyValue("event", "agent-spool-failed")
                    .addKeyValue("terminal", terminalId)
                    .setCause(e)
                    .log("output on disk cannot be opened");
        }
    }

    /** Called on the appending thread whenever there is output to send. */
    public void onAvailable(Runnable newListener) {
        listener = newListener;
    }

    public TerminalSpool open(String terminalId) throws IOException {
        synchronized (terminals) {
            TerminalSpool present = terminals.get(terminalId);
            if (present != null) {
                return present;
            }
            TerminalSpool spool = new TerminalSpool(
                    terminalId,
                    dir.resolve(terminalId),
                    budget,
                    limits.dropWhenFull(),
                    disk,
                    () -> available(terminalId));
            terminals.put(terminalId, spool);
            ready.add(terminalId);
            return spool;
        }
    }

    /** The terminal, if it was opened and is not done. */
    public Optional<TerminalSpool> present(String terminalId) {
        synchronized (terminals) {
            return Optional.ofNullable(terminals.get(terminalId));
        }
    }

    /** All terminals that are not done. */
    public List<TerminalSpool> terminals() {
        synchronized (terminals) {
            return new ArrayList<>(terminals.values());
        }
    }

    /** The next step of the terminal whose turn it is, or null if no output is left to send. */
    public @Nullable OutputChunk poll(int bytesMax) {
        while (true) {
            TerminalSpool spool;
            synchronized (terminals) {
                Iterator<String> turns = ready.iterator();
                if (!turns.hasNext()) {
                    return null;
                }
                String terminalId = turns.next();
                turns.remove();
                spool = terminals.get(terminalId);
                if (spool == null) {
                    continue;
                }
            }
            OutputChunk chunk = spool.next(bytesMax);
            if (chunk != null) {
                synchronized (terminals) {
                    ready.add(spool.terminalId());
                }
                return chunk;
            }
        }
    }

    public void ack(String terminalId, Position position, boolean resend) {
        TerminalSpool spool;
        synchronized (terminals) {
            spool = terminals.get(terminalId);
        }
        if (spool == null) {
            return;
        }
        spool.ack(position);
        if (resend) {
            spool.rewind();
            available(terminalId);
        }
        deleteIfDone(spool);
    }

    private void deleteIfDone(TerminalSpool spool) {
        if (spool.isDone()) {
            delete(spool);
        }
    }

    /**
     * Ends what nothing goes on with: a terminal that did not begin is deleted, another one gets its end.
     *
     * @param exitCode the end of the command, as far as it is known
     */
    public void abandon(TerminalSpool spool, int exitCode, String signal, long atMillis) {
        if (spool.hasBegun()) {
            spool.exit(exitCode, signal, atMillis);
        } else {
            delete(spool);
        }
    }

    private void delete(TerminalSpool spool) {
        synchronized (terminals) {
            terminals.remove(spool.terminalId());
            ready.remove(spool.terminalId());
        }
        try {
            spool.delete();
        } catch (IOException e) {
            // the next start of the agent deletes it
            LOG.atDebug()
                    .addKeyValue("terminal", spool.terminalId())
                    .setCause(e)
                    .log("output stays on disk");
        }
    }

    /** Writes what could not be written before. True if nothing is outstanding. */
    public boolean catchUp() {
        boolean all = true;
        boolean isFull = !disk.problem().isEmpty();
        for (TerminalSpool spool : terminals()) {
            if (isFull) {
                spool.giveRoom();
            }
            all &= spool.catchUp();
            if (spool.maySendOn()) {
                available(spool.terminalId());
            }
        }
        return all;
    }

    /** A new connection: everything unacknowledged is sent again. */
    public void rewind() {
        synchronized (terminals) {
            for (TerminalSpool spool : terminals.values()) {
                spool.rewind();
                ready.add(spool.terminalId());
            }
        }
    }

    /** Sent and unacknowledged bytes, all terminals together. */
    public long inFlight() {
        return budget.inFlight();
    }

    /** Unacknowledged bytes, sent or not. */
    public long heldBytes() {
        return budget.used();
    }

    /** From now on no process waits for room. Called before the agent ends the running tasks. */
    public void release() {
        budget.release();
        terminals().forEach(TerminalSpool::stopWaiting);
    }

    private void available(String terminalId) {
        synchronized (terminals) {
            ready.add(terminalId);
        }
        listener.run();
    }

    @Override
    public void close() throws IOException {
        budget.release();
        for (TerminalSpool spool : terminals()) {
            spool.close();
        }
    }
}
