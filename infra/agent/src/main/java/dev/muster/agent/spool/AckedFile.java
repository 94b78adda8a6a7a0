package dev.muster.agent.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The acknowledged position of a terminal, on the disk. It overwrites the previous position, which needs no space on a
 * full disk; {@link #reserve} takes the space for the first one. Opening writes nothing, so an agent starts on a full
 * disk. Confined to its terminal's lock.
 */
final class AckedFile implements AutoCloseable {
    private final FileChannel channel;
    private Position position;
    private boolean isReserved;

    /** Opens the existing file, or a new one in which nothing is acknowledged yet. */
    AckedFile(Path file) throws IOException {
        position = read(file);
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        isReserved = channel.size() > 0;
    }

    Position position() {
        return position;
    }

    /** Without this space, output that fills the disk could never be acknowledged there. */
    void reserve() throws IOException {
        if (!isReserved) {
            write(position);
        }
    }

    void write(Position next) throws IOException {
        String text = "%020d %020d".formatted(next.offset(), next.marker());
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)), 0);
        position = next;
        isReserved = true;
    }

    private static Position read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Position.START;
        }
        try {
            String[] fields = Files.readString(file).strip().split(" ", -1);
            return new Position(Long.parseLong(fields[0]), Long.parseLong(fields[1]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            // cut off by a crash of the machine: acknowledged output is sent again
            return Position.START;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
