package dev.muster.agent.spool;

import dev.muster.agent.disk.DelimitedFile;
import dev.muster.agent.disk.Disk;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The markers among a terminal's bytes: start, resizes, gaps and the exit, in memory and on the disk. While the disk
 * cannot be written they are kept in memory. Confined to its terminal's lock.
 */
final class Markers implements AutoCloseable {
    /** More than this were never lost by a crash: something else is wrong. */
    private static final int LOST_MAX = 100_000;

    private final String terminalId;
    private final DelimitedFile file;
    private final List<OutputChunk> all = new ArrayList<>();
    private int written;

    /** Opens what is there. */
    Markers(String terminalId, Path path, Disk disk) throws IOException {
        this.terminalId = terminalId;
        boolean clean = DelimitedFile.read(path, OutputChunk.parser(), this::isNext, all::add);
        file = new DelimitedFile(path, disk);
        written = all.size();
        if (!clean) {
            // the agent died while it wrote a marker that was not yet sent
            file.isTorn();
            boolean unused = catchUp();
        }
    }

    private boolean isNext(OutputChunk chunk, byte[] bytes, int from, int to, boolean isFound) {
        return chunk.hasMarker()
                && chunk.getTerminalId().equals(terminalId)
                && chunk.getMarkerNumber() == all.size() + 1L;
    }

    int count() {
        return all.size();
    }

    /** The marker behind so many others; null where there is none. */
    @Nullable
    OutputChunk after(long count) {
        return count < all.size() ? all.get((int) count) : null;
    }

    /** The end of the stream, once it has one. */
    Optional<OutputChunk> exit() {
        return all.isEmpty() || !all.get(all.size() - 1).getMarker().hasExit()
                ? Optional.empty()
                : Optional.of(all.get(all.size() - 1));
    }

    void add(OutputChunk marker) {
        all.add(marker);
        if (file.append(marker.toByteArray(), false)) {
            written = all.size();
        } else {
            boolean unused = catchUp();
        }
    }

    /**
     * A crash of the machine has left fewer than were acknowledged. Others stand for them, so that no later marker gets
     * a number that the gateway has seen. They are not sent.
     */
    void standInUpTo(Position acked) throws IOException {
        if (acked.marker() - all.size() > LOST_MAX) {
            throw new IOException("of " + acked.marker() + " markers only " + all.size() + " are left");
        }
        while (all.size() < acked.marker()) {
            if (all.isEmpty()) {
                add(marker(0, Marker.newBuilder().setStart(Start.getDefaultInstance())));
            } else {
                add(marker(acked.offset(), Marker.newBuilder().setResize(WindowSize.getDefaultInstance())));
            }
        }
    }

    /** There are bytes, and a crash of the machine has left no marker: every stream begins with one. */
    void beginAgain() {
        all.add(0, marker(0, Marker.newBuilder().setStart(Start.getDefaultInstance())));
        rewrite();
    }

    /**
     * A crash of the machine has left fewer bytes than the markers say. A gap stands for the missing ones, before the
     * first marker behind them.
     *
     * @param dataEnd where the bytes in the files end
     */
    void fillBehind(long dataEnd) {
        List<OutputChunk> before = List.copyOf(all);
        all.clear();
        long gaps = 0;
        for (OutputChunk marker : before) {
            long missing = marker.getOffset() - gaps - dataEnd;
            if (missing > 0) {
                Gap.Builder gap = Gap.newBuilder().setBytes(missing).setReason("agent-spool-lost");
                all.add(marker(
                        dataEnd + gaps,
                        Marker.newBuilder()
                                .setAtMillis(marker.getMarker().getAtMillis())
                                .setGap(gap)));
                gaps += missing;
            }
            all.add(marker.toBuilder().setMarkerNumber(all.size() + 1L).build());
            gaps += marker.getMarker().getGap().getBytes();
        }
        if (all.size() > before.size()) {
            rewrite();
        }
    }

    private OutputChunk marker(long offset, Marker.Builder marker) {
        return OutputChunk.newBuilder()
                .setTerminalId(terminalId)
                .setOffset(offset)
                .setMarkerNumber(all.size() + 1L)
                .setMarker(marker)
                .build();
    }

    /** What is in the file is no longer all that counts. A start before that is done comes to the same. */
    private void rewrite() {
        file.isTorn();
        boolean unused = catchUp();
    }

    /** Writes what could not be written before. True if nothing is outstanding. */
    boolean catchUp() {
        boolean done = !file.isBehind()
                || file.rewrite(all.stream().map(OutputChunk::toByteArray).toList());
        if (done) {
            written = all.size();
        }
        return done;
    }

    /** How many of them are on the disk. */
    int written() {
        return written;
    }

    /** Whether the disk lacks some of them. */
    boolean isBehind() {
        return file.isBehind();
    }

    /** Bytes of the stream, before the marker behind so many others, that are in no file. */
    long gapsBefore(long count) {
        long gaps = 0;
        for (int i = 0; i < count && i < all.size(); i++) {
            gaps += all.get(i).getMarker().getGap().getBytes();
        }
        return gaps;
    }

    /** The first place in the stream whose byte lies there in the files. */
    Position placeOf(long dataPosition) {
        long gaps = 0;
        int passed = 0;
        while (passed < all.size() && all.get(passed).getOffset() - gaps < dataPosition) {
            gaps += all.get(passed++).getMarker().getGap().getBytes();
        }
        return new Position(dataPosition + gaps, passed);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
