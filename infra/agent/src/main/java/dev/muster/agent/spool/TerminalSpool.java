package dev.muster.agent.spool;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The stream of one terminal that the gateway has not acknowledged yet. Bytes and markers are on disk before they are sent, so that a
 * crash of the agent loses none. Thread-safe; guarded by its own lock.
 */
public final class TerminalSpool {
    /** The acknowledged position is written down each time that it has moved by so much; what lies between is sent again after a crash. */
    static final long ACK_WRITE_BYTES = 256 << 10;

    private final String terminalId;
    private final Path dir;
    private final Budget budget;
    private final boolean dropWhenFull;
    private final Runnable onAppend;
    private final DataFiles data;
    private final OutputStream markerLog;
    private final List<OutputChunk> markers = new ArrayList<>();

    // read without the lock by whoever waits for the budget, which is asked under that lock elsewhere
    private volatile Position end = Position.START;
    private Position sent;
    private volatile Position acked;
    private Position ackedOnDisk;
    private long dropped;
    private boolean closed;

    TerminalSpool(String terminalId, Path dir, Budget budget, boolean dropWhenFull, Runnable onAppend)
            throws IOException {
        this.terminalId = terminalId;
        this.dir = dir;
        this.budget = budget;
        this.dropWhenFull = dropWhenFull;
        this.onAppend = onAppend;
        Files.createDirectories(dir);
        data = new DataFiles(dir);
        long gaps = readMarkers();
        markerLog = Files.newOutputStream(dir.resolve("markers"), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        end = new Position(data.end() + gaps, markers.size());
        acked = readAcked();
        ackedOnDisk = acked;
        sent = acked;
        budget.takeAnyway(end.offset() - acked.offset());
    }

    public void start(@Nullable WindowSize pty, long atMillis) throws IOException {
        Start.Builder start = Start.newBuilder();
        if (pty != null) {
            start.setPty(pty);
        }
        mark(Marker.newBuilder().setAtMillis(atMillis).setStart(start).build());
    }

    public void resize(WindowSize size, long atMillis) throws IOException {
        mark(Marker.newBuilder().setAtMillis(atMillis).setResize(size).build());
    }

    /** Waits while the spool is full, unless it drops; a dropped run becomes a gap marker before the next byte. */
    public void append(byte[] bytes, int length, long atMillis) throws IOException, InterruptedException {
        if (dropWhenFull) {
            if (!budget.tryTake(length, held())) {
                synchronized (this) {
                    dropped += length;
                }
                return;
            }
            flushGap(atMillis);
        } else {
            budget.take(length, this::held);
        }
        synchronized (this) {
            if (closed) {
                budget.give(length);
                return;
            }
            data.append(ByteBuffer.wrap(bytes, 0, length));
            end = new Position(end.offset() + length, end.marker());
        }
        onAppend.run();
    }

    /** Ends the stream; nothing is appended after it. */
    public void exit(int exitCode, String signal, long atMillis) throws IOException {
        flushGap(atMillis);
        synchronized (this) {
            if (hasExit()) {
                return;
            }
            appendMarker(Marker.newBuilder()
                    .setAtMillis(atMillis)
                    .setExit(Exit.newBuilder().setExitCode(exitCode).setSignal(signal))
                    .build());
            closed = true;
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
        return hasExit()
                ? Optional.of(markers.get(markers.size() - 1).getMarker().getExit())
                : Optional.empty();
    }

    synchronized boolean hasExit() {
        return !markers.isEmpty() && markers.get(markers.size() - 1).getMarker().hasExit();
    }

    /** The next step to send, or null when all was sent. */
    synchronized @Nullable OutputChunk next(int bytesMax) throws IOException {
        OutputChunk marker = sent.marker() < markers.size() ? markers.get((int) sent.marker()) : null;
        if (marker != null && marker.getOffset() == sent.offset()) {
            sentUpTo(new Position(sent.offset() + marker.getMarker().getGap().getBytes(), marker.getMarkerNumber()));
            return marker;
        }
        long limit = marker != null ? marker.getOffset() : end.offset();
        if (sent.offset() >= limit) {
            return null;
        }
        int wanted = (int) Math.min(bytesMax, limit - sent.offset());
        byte[] bytes = data.read(sent.offset() - gapsBefore(sent.marker()), wanted);
        OutputChunk chunk = OutputChunk.newBuilder()
                .setTerminalId(terminalId)
                .setOffset(sent.offset())
                .setMarkerNumber(sent.marker())
                .setData(UnsafeByteOperations.unsafeWrap(bytes))
                .build();
        sentUpTo(new Position(sent.offset() + bytes.length, sent.marker()));
        return chunk;
    }

    /** Everything up to here is with the broker. */
    synchronized void ack(Position position) throws IOException {
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
        if (acked.marker() != ackedOnDisk.marker() || acked.offset() - ackedOnDisk.offset() >= ACK_WRITE_BYTES) {
            writeAcked();
            data.trim(acked.offset() - gapsBefore(acked.marker()));
        }
    }

    /** Sends again from the acknowledged position. */
    synchronized void rewind() {
        sentUpTo(acked);
    }

    private void sentUpTo(Position position) {
        long before = inFlight();
        sent = position;
        budget.inFlight(inFlight() - before);
    }

    /** Sent and not acknowledged, in bytes. */
    private long inFlight() {
        return sent.offset() - acked.offset();
    }

    /** Takes no lock. */
    long held() {
        return end.offset() - acked.offset();
    }

    /** The stream has ended and nothing of it is left to send. */
    synchronized boolean isDone() {
        return hasExit() && acked.equals(end);
    }

    synchronized Position acked() {
        return acked;
    }

    synchronized void close() throws IOException {
        closed = true;
        data.close();
        markerLog.close();
    }

    void delete() throws IOException {
        close();
        try (Stream<Path> files = Files.walk(dir)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private void mark(Marker marker) throws IOException {
        synchronized (this) {
            if (closed) {
                return;
            }
            appendMarker(marker);
        }
        onAppend.run();
    }

    private void flushGap(long atMillis) throws IOException {
        synchronized (this) {
            if (dropped == 0 || closed) {
                return;
            }
            long bytes = dropped;
            dropped = 0;
            appendMarker(Marker.newBuilder()
                    .setAtMillis(atMillis)
                    .setGap(Gap.newBuilder().setBytes(bytes).setReason("agent-spool-full"))
                    .build());
            end = new Position(end.offset() + bytes, end.marker());
            budget.takeAnyway(bytes);
        }
    }

    private void appendMarker(Marker marker) throws IOException {
        OutputChunk chunk = OutputChunk.newBuilder()
                .setTerminalId(terminalId)
                .setOffset(end.offset())
                .setMarkerNumber(end.marker() + 1)
                .setMarker(marker)
                .build();
        chunk.writeDelimitedTo(markerLog);
        markers.add(chunk);
        end = new Position(end.offset(), end.marker() + 1);
    }

    private long gapsBefore(long marker) {
        long gaps = 0;
        for (int i = 0; i < marker && i < markers.size(); i++) {
            gaps += markers.get(i).getMarker().getGap().getBytes();
        }
        return gaps;
    }

    private long readMarkers() throws IOException {
        Path log = dir.resolve("markers");
        if (!Files.exists(log)) {
            return 0;
        }
        long gaps = 0;
        try (InputStream in = Files.newInputStream(log)) {
            for (OutputChunk chunk = OutputChunk.parseDelimitedFrom(in);
                    chunk != null;
                    chunk = OutputChunk.parseDelimitedFrom(in)) {
                markers.add(chunk);
                gaps += chunk.getMarker().getGap().getBytes();
            }
        } catch (InvalidProtocolBufferException e) {
            // the process died while it wrote the last marker, which was not sent yet: leave it out
            try (OutputStream out = Files.newOutputStream(log)) {
                for (OutputChunk chunk : markers) {
                    chunk.writeDelimitedTo(out);
                }
            }
        }
        return gaps;
    }

    private Position readAcked() throws IOException {
        Path file = dir.resolve("acked");
        if (!Files.exists(file)) {
            return Position.START;
        }
        String[] fields = Files.readString(file).strip().split(" ", -1);
        return new Position(Long.parseLong(fields[0]), Long.parseLong(fields[1]));
    }

    private void writeAcked() throws IOException {
        Path temporary = dir.resolve("acked.new");
        Files.writeString(temporary, acked.offset() + " " + acked.marker());
        Files.move(
                temporary, dir.resolve("acked"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        ackedOnDisk = acked;
    }
}
