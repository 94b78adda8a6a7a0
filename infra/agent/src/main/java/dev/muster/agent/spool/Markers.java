package dev.muster.agent.spool;

import dev.muster.agent.disk.DelimitedFile;
import dev.muster.agent.disk.Disk;
import dev.muster.proto.agent.v1.OutputChunk;
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
    private final String terminalId;
    private final DelimitedFile file;
    private final List<OutputChunk> all = new ArrayList<>();

    /** Opens what is there. */
    Markers(String terminalId, Path path, Disk disk) throws IOException {
        this.terminalId = terminalId;
        boolean clean = DelimitedFile.read(path, OutputChunk.parser(), this::isNext, all::add);
        file = new DelimitedFile(path, disk);
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
        if (!file.append(marker.toByteArray(), false)) {
            boolean unused = catchUp();
        }
    }

    /** Writes what could not be written before. True if nothing is outstanding. */
    boolean catchUp() {
        return !file.isBehind()
                || file.rewrite(all.stream().map(OutputChunk::toByteArray).toList());
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
