package dev.muster.agent.disk;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Messages in a row on the disk, each behind its length. A write either succeeds as a whole or leaves nothing to read.
 * After a failed write the file is behind: the whole file is then written again, beside the old one, because entries
 * behind a torn one are hard to read. Confined to its owner's lock.
 */
public final class DelimitedFile implements AutoCloseable {
    private final Path file;
    private final Disk disk;
    private @Nullable FileChannel channel;
    private long end;
    private @Nullable IOException behind;

    /** Opens the file for appending; makes it if it is missing. */
    public DelimitedFile(Path file, Disk disk) throws IOException {
        this.file = file;
        this.disk = disk;
        use(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
    }

    /** Whether the file lacks entries: {@link #append} writes nothing until a {@link #rewrite} has succeeded. */
    public boolean isBehind() {
        return behind != null;
    }

    /** Why the file lacks entries. */
    public IOException whyBehind() {
        return behind != null ? behind : new IOException("the file is closed");
    }

    /** Says that the file contains a torn entry, so that no entry may be written behind it. */
    public void isTorn() {
        behind = new IOException("an entry in " + file + " is torn");
    }

    private void owes(IOException why) {
        behind = why;
        disk.failed(this, why);
    }

    /** Bytes in the file. */
    public long size() {
        return end;
    }

    /** False if it could not be written; then the file is {@link #isBehind behind}. */
    public boolean append(byte[] entry, boolean force) {
        if (behind != null || channel == null) {
            return false;
        }
        try {
            ByteBuffer buffer = delimited(entry);
            long at = end;
            while (buffer.hasRemaining()) {
                at += channel.write(buffer, at);
            }
            if (force) {
                channel.force(false);
            }
            end = at;
            return true;
        } catch (IOException e) {
            owes(e);
            return false;
        }
    }

    /**
     * Replaces the file by these entries. False if that failed: the old content remains, and the file is not further
     * behind than before.
     */
    public boolean rewrite(List<byte[]> entries) {
        if (channel == null) {
            return false;
        }
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        FileChannel fresh = null;
        try {
            fresh = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING);
            for (byte[] entry : entries) {
                ByteBuffer buffer = delimited(entry);
                while (buffer.hasRemaining()) {
                    fresh.write(buffer);
                }
            }
            fresh.force(true);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            use(fresh);
            behind = null;
            disk.worked(this);
            return true;
        } catch (IOException e) {
            discard(temporary, fresh);
            if (behind != null) {
                owes(e);
            }
            return false;
        }
    }

    private void use(FileChannel next) throws IOException {
        FileChannel before = channel;
        channel = next;
        end = next.size();
        if (before != null) {
            before.close();
        }
    }

    /** Frees the space that it takes on the full disk. */
    private static void discard(Path temporary, @Nullable FileChannel half) {
        try {
            if (half != null) {
                half.close();
            }
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // the next try truncates it
        }
    }

    private static ByteBuffer delimited(byte[] entry) throws IOException {
        byte[] bytes = new byte[CodedOutputStream.computeUInt32SizeNoTag(entry.length) + entry.length];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeUInt32NoTag(entry.length);
        out.writeRawBytes(entry);
        return ByteBuffer.wrap(bytes);
    }

    /** Tells a whole entry from one that only looks like it. */
    public interface Check<M> {
        /**
         * @param all contains the entry from {@code begin} to {@code end}
         * @param isFound whether the entry was found by a search behind a torn one
         */
        boolean isWhole(M entry, byte[] all, int begin, int end, boolean isFound);
    }

    /**
     * Reads the whole entries. Behind a torn entry it searches, byte by byte, for the next whole one.
     *
     * @return whether the file contained only whole entries
     */
    public static <M extends MessageLite> boolean read(Path file, Parser<M> parser, Check<M> check, Consumer<M> each)
            throws IOException {
        byte[] all = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
        boolean clean = true;
        boolean isFound = false;
        for (int at = 0; at < all.length; ) {
            int next = readOne(all, at, parser, check, isFound, each);
            isFound = next < 0;
            clean &= !isFound;
            at = isFound ? at + 1 : next;
        }
        return clean;
    }

    /** The end of the entry at this place; negative if no whole entry begins here. */
    private static <M extends MessageLite> int readOne(
            byte[] all, int at, Parser<M> parser, Check<M> check, boolean isFound, Consumer<M> each)
            throws IOException {
        try {
            CodedInputStream in = CodedInputStream.newInstance(all, at, all.length - at);
            int length = in.readRawVarint32();
            int begin = at + in.getTotalBytesRead();
            if (length <= 0 || length > all.length - begin) {
                return -1;
            }
            M entry = parser.parseFrom(all, begin, length);
            if (!check.isWhole(entry, all, begin, begin + length, isFound)) {
                return -1;
            }
            each.accept(entry);
            return begin + length;
        } catch (InvalidProtocolBufferException e) {
            return -1;
        }
    }

    @Override
    public void close() throws IOException {
        behind = null;
        disk.worked(this);
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }
}
