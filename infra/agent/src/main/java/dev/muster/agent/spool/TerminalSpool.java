package dev.muster.agent.spool;

import com.google.protobuf.UnsafeByteOperations;
import dev.muster.agent.disk.Disk;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The unacknowledged stream of one terminal. Bytes are on disk before they are sent, so that a crash of the agent loses
 * none. While the disk cannot be written, the process waits, and markers are kept in memory. Thread-safe; guarded by
 * its own lock.
 */
public final class TerminalSpool {
    /**
     * The acknowledged position is written each time it has moved by this much; after a crash the part since then is
     * sent again.
     */
    static final long ACK_WRITE_BYTES = 256 << 10;

    /** How long a process whose output cannot be written waits before the next try. */
    static final long RETRY_MILLIS = 500;

    private static final Logger LOG = LoggerFactory.getLogger(TerminalSpool.class);

    private final String terminalId;
    private final Path dir;
    private final Budget budget;
    private final Disk disk;
    private final Runnable onAppend;
    private final DataFiles data;
    private final Times times;
    private final Markers markers;
    private final AckedFile ackedFile;

    // read without the lock by threads that wait for the budget, which other threads query under that lock
    private volatile Position end = Position.START;
    private Position sent;
    private volatile Position acked;
    private boolean waits;
    private volatile boolean takesTheRest;
    private final boolean dropWhenFull;
    private String dropReason = "agent-spool-full";
    private long dropped;
    private boolean unreadable;
    /** Whether a marker waits for the disk. */
    private boolean isHeldBack;

    private boolean closed;

    TerminalSpool(String terminalId, Path dir, Budget budget, boolean dropWhenFull, Disk disk, Runnable onAppend)
            throws IOException {
        this.terminalId = terminalId;
        this.dir = dir;
        this.budget = budget;
        this.dropWhenFull = dropWhenFull;
        this.waits = !dropWhenFull;
        this.disk = disk;
        this.onAppend = onAppend;
        boolean isNew = !Files.exists(dir);
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            Files.createDirectories(dir);
            data = kept(opened, new DataFiles(dir));
            markers = kept(opened, new Markers(terminalId, dir.resolve("markers"), disk));
            ackedFile = kept(opened, new AckedFile(dir.resolve("acked")));
            markers.standInUpTo(ackedFile.position());
            if (markers.count() == 0 && data.end() > 0 && !isNew) {
                markers.beginAgain();
            }
            acked = firstToSend();
            sent = acked;
            end = endOnDisk();
            times = kept(opened, new Times(dir, data));
        } catch (IOException e) {
            undo(opened, isNew, e);
            throw e;
        }
        budget.takeAnyway(end.offset() - acked.offset());
    }

    private static <T extends AutoCloseable> T kept(List<AutoCloseable> opened, T file) {
        opened.add(file);
        return file;
    }

    /** Leaves nothing of a terminal that cannot be opened, and all of one that was there before. */
    private void undo(List<AutoCloseable> opened, boolean isNew, IOException why) {
        try {
            for (AutoCloseable file : opened) {
                file.close();
            }
            if (isNew) {
                deleteFiles();
            }
        } catch (Exception e) {
            why.addSuppressed(e);
        }
    }

    /**
     * The acknowledged position, but not before the first byte that is on the disk: more may be acknowledged than was
     * written.
     */
    private Position firstToSend() throws IOException {
        Position written = ackedFile.position();
        Position first = markers.placeOf(data.begin());
        Position place = data.begin() > 0 && written.compareTo(first) < 0 ? first : written;
        long needed = place.offset() - markers.gapsBefore(place.marker());
        data.advanceTo(needed);
        data.endAtHole(needed);
        markers.fillBehind(data.end());
        return place;
    }

    /** Where there is an exit, what lies behind it was never part of the stream: it could not be written whole. */
    private Position endOnDisk() throws IOException {
        long gaps = markers.gapsBefore(markers.count());
        Optional<OutputChunk> exit = markers.exit();
        if (exit.isEmpty()) {
            return new Position(data.end() + gaps, markers.count());
        }
        data.endAt(exit.get().getOffset() - gaps);
        return new Position(exit.get().getOffset(), markers.count());
    }

    public void start(@Nullable WindowSize pty, long atMillis) {
        Start.Builder start = Start.newBuilder();
        if (pty != null) {
            start.setPty(pty);
        }
        mark(Marker.newBuilder().setAtMillis(atMillis).setStart(start).build());
    }

    public void resize(WindowSize size, long atMillis) {
        mark(Marker.newBuilder().setAtMillis(atMillis).setResize(size).build());
    }

    /**
     * Waits while the spool is full or the disk cannot be written, unless the spool drops output. A dropped run becomes
     * a gap marker before the next byte.
     *
     * @param atMillis when the first of the bytes was read
     */
    public void append(byte[] bytes, int length, long atMillis) throws InterruptedException {
        if (!dropWhenFull) {
            budget.take(length, new Held());
        } else if (!budget.tryTake(length, held())) {
            synchronized (this) {
                dropped += length;
            }
            return;
        }
        synchronized (this) {
            while (!closed && !tryWrite(bytes, length, atMillis)) {
                if (!waits) {
                    dropped += length;
                    dropReason = "agent-disk-full";
                    budget.give(length);
                    return;
                }
                wait(RETRY_MILLIS);
            }
            if (closed) {
                budget.give(length);
                return;
            }
        }
        onAppend.run();
    }

    /**
     * From now on, output that cannot be written at once is dropped: the process was ended, so its output does not wait
     * for room.
     */
    public synchronized void stopWaiting() {
        waits = false;
        notifyAll();
    }

    /** Takes the small unread rest, even if the spool is full. So no end of a task waits for acknowledgements. */
    public void takeTheRest() {
        takesTheRest = true;
        budget.wake();
    }

    /** Writes what could not be written before. True if nothing is outstanding. */
    synchronized boolean catchUp() {
        return markers.catchUp();
    }

    /** Whether a marker that was held back is on the disk by now; answers once. */
    synchronized boolean maySendOn() {
        boolean may = isHeldBack && !markers.isBehind();
        isHeldBack &= !may;
        return may;
    }

    /** Deletes acknowledged output while the disk is full: another terminal may need the space. */
    synchronized void giveRoom() {
        if (closed) {
            return;
        }
        try {
            boolean unused = makeRoom();
        } catch (IOException e) {
            debug("acknowledged output stays on the disk", e);
        }
    }

    private boolean tryWrite(byte[] bytes, int length, long atMillis) {
        try {
            while (true) {
                try {
                    ackedFile.reserve();
                    data.append(ByteBuffer.wrap(bytes, 0, length));
                    break;
                } catch (IOException e) {
                    if (!makeRoom()) {
                        throw e;
                    }
                }
            }
        } catch (IOException e) {
            disk.failed(data, e);
            return false;
        }
        disk.worked(data);
        times.add(data.end() - length, data.end(), atMillis);
        flushGap(atMillis);
        end = new Position(end.offset() + length, end.marker());
        return true;
    }

    /**
     * Deletes acknowledged output: whole files of it, or all if nothing else is there. Where the position cannot be
     * written down before, it is written after: a crash in between sends zeros again, which the registry drops.
     *
     * @return whether that freed space
     */
    private boolean makeRoom() throws IOException {
        boolean isWritten = writeAcked();
        boolean freed = isWritten && trim();
        if (acked.offset() == end.offset() && data.forgetAll()) {
            freed = true;
            times.forgetAll();
            if (!isWritten && markers.catchUp()) {
                boolean unused = writeAcked();
            }
        }
        return freed;
    }

    /** Ends the stream; nothing is appended after it. */
    public void exit(int exitCode, String signal, long atMillis) {
        synchronized (this) {
            if (hasExit()) {
                return;
            }
            if (end.equals(Position.START)) {
                // its start was never written down
                appendMarker(Marker.newBuilder()
                        .setAtMillis(atMillis)
                        .setStart(Start.getDefaultInstance())
                        .build());
            }
            flushGap(atMillis);
            appendMarker(Marker.newBuilder()
                    .setAtMillis(atMillis)
                    .setExit(Exit.newBuilder().setExitCode(exitCode).setSignal(signal))
                    .build());
            closed = true;
            disk.worked(data);
            notifyAll();
        }
        onAppend.run();
    }

    /** Bytes of the stream so far, gaps included. */
    public synchronized long length() {
        return end.offset() + dropped;
    }

    public String terminalId() {
        return terminalId;
    }

    /** How the stream ended, if it did. */
    public synchronized Optional<Exit> exited() {
        return markers.exit().map(chunk -> chunk.getMarker().getExit());
    }

    synchronized boolean hasExit() {
        return markers.exit().isPresent();
    }

    /** Whether it has a start or bytes; otherwise nothing of it was ever sent. */
    synchronized boolean hasBegun() {
        return markers.count() > 0;
    }

    /**
     * The next step to send, or null when all was sent. A marker is sent when it is on the disk: if it was forgotten in
     * a crash of the agent, the end would get its number, and the registry would take the end for a repeat. Once the
     * end itself is there, all are sent.
     */
    synchronized @Nullable OutputChunk next(int bytesMax) {
        OutputChunk marker = markers.after(sent.marker());
        if (marker != null && marker.getOffset() == sent.offset()) {
            if (marker.getMarkerNumber() > markers.written() && !hasExit()) {
                isHeldBack = true;
                return null;
            }
            sentUpTo(new Position(sent.offset() + marker.getMarker().getGap().getBytes(), marker.getMarkerNumber()));
            return marker;
        }
        long limit = marker != null ? marker.getOffset() : end.offset();
        if (sent.offset() >= limit) {
            return null;
        }
        long at = sent.offset() - markers.gapsBefore(sent.marker());
        Times.Stretch time = times.at(at);
        int wanted = (int) Math.min(Math.min(bytesMax, limit - sent.offset()), time.end() - at);
        byte[] bytes = unreadable ? null : read(at, wanted);
        if (bytes == null) {
            return null;
        }
        OutputChunk chunk = OutputChunk.newBuilder()
                .setTerminalId(terminalId)
                .setOffset(sent.offset())
                .setMarkerNumber(sent.marker())
                .setData(UnsafeByteOperations.unsafeWrap(bytes))
                .setReadAtMillis(time.atMillis())
                .build();
        sentUpTo(new Position(sent.offset() + bytes.length, sent.marker()));
        return chunk;
    }

    /** Null if the disk does not return them: other terminals go on, and the next connection tries again. */
    private byte @Nullable [] read(long from, int count) {
        try {
            return data.read(from, count);
        } catch (IOException e) {
            unreadable = true;
            LOG.atError()
                    .addKeyValue("event", "agent-spool-failed")
                    .addKeyValue("terminal", terminalId)
                    .setCause(e)
                    .log("output on disk cannot be read");
            return null;
        }
    }

    /** The broker holds everything up to here. */
    synchronized void ack(Position position) {
        if (position.compareTo(acked) <= 0 || position.compareTo(end) > 0) {
            return;
        }
        long freed = position.offset() - acked.offset();
        long before = inFlight();
        acked = position;
        budget.acked(freed);
        if (sent.compareTo(acked) < 0) {
            sent = acked;
        }
        budget.inFlight(inFlight() - before);
        Position onDisk = ackedFile.position();
        if (acked.marker() != onDisk.marker() || acked.offset() - onDisk.offset() >= ACK_WRITE_BYTES) {
            try {
                if (writeAcked()) {
                    boolean unused = trim();
                }
            } catch (IOException e) {
                debug("acknowledged output stays on the disk", e);
            }
        }
        notifyAll();
    }

    /** Sends again from the acknowledged position. */
    synchronized void rewind() {
        unreadable = false;
        sentUpTo(acked);
    }

    private void sentUpTo(Position position) {
        long before = inFlight();
        sent = position;
        budget.inFlight(inFlight() - before);
    }

    /** Sent and unacknowledged bytes. */
    private long inFlight() {
        return sent.offset() - acked.offset();
    }

    private final class Held implements Budget.HeldBytes {
        @Override
        public long get() {
            return held();
        }

        @Override
        public boolean isTheRest() {
            return takesTheRest;
        }
    }

    /** Takes no lock. */
    long held() {
        return end.offset() - acked.offset();
    }

    /** The stream has ended and no part of it is left to send. */
    synchronized boolean isDone() {
        return hasExit() && acked.equals(end);
    }

    synchronized Position acked() {
        return acked;
    }

    synchronized void close() throws IOException {
        closed = true;
        disk.worked(data);
        notifyAll();
        try (data;
                times;
                markers;
                ackedFile) {
            // closed in reverse order
        }
    }

    void delete() throws IOException {
        synchronized (this) {
            closed = true;
            budget.inFlight(-inFlight());
            budget.give(held());
            acked = end;
            sent = end;
        }
        close();
        deleteFiles();
    }

    private void deleteFiles() throws IOException {
        try (Stream<Path> files = Files.walk(dir)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private void mark(Marker marker) {
        synchronized (this) {
            if (closed) {
                return;
            }
            appendMarker(marker);
        }
        onAppend.run();
    }

    private void flushGap(long atMillis) {
        if (dropped == 0) {
            return;
        }
        long bytes = dropped;
        dropped = 0;
        appendMarker(Marker.newBuilder()
                .setAtMillis(atMillis)
                .setGap(Gap.newBuilder().setBytes(bytes).setReason(dropReason))
                .build());
        end = new Position(end.offset() + bytes, end.marker());
        budget.takeAnyway(bytes);
    }

    private void appendMarker(Marker marker) {
        OutputChunk chunk = OutputChunk.newBuilder()
                .setTerminalId(terminalId)
                .setOffset(end.offset())
                .setMarkerNumber(end.marker() + 1)
                .setMarker(marker)
                .build();
        markers.add(chunk);
        end = new Position(end.offset(), end.marker() + 1);
    }

    /**
     * Writes the acknowledged position, but never one beyond the markers that are on the disk. The next acknowledgement
     * tries again; after a crash more output is sent again.
     *
     * @return whether it is on the disk
     */
    private boolean writeAcked() {
        if (markers.isBehind()) {
            return false;
        }
        try {
            ackedFile.write(acked);
            return true;
        } catch (IOException e) {
            debug("an acknowledgement is not on disk", e);
            return false;
        }
    }

    /** No further than is written down: a restart begins to send there. */
    private boolean trim() throws IOException {
        Position written = ackedFile.position();
        boolean freed = data.trim(written.offset() - markers.gapsBefore(written.marker()));
        times.trim(data.begin());
        return freed;
    }

    private void debug(String what, IOException why) {
        LOG.atDebug().addKeyValue("terminal", terminalId).setCause(why).log(what);
    }
}
