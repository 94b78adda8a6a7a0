package dev.muster.fanout.output;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;

/** The bytes alone, up to an end. Fails at a gap: nothing could stand in its place. */
final class RawSteps implements Renderer {
    private long left;
    private BlockBuffer block = new BlockBuffer();

    /** @param bytes that are wanted in all */
    RawSteps(long bytes) {
        this.left = bytes;
    }

    /** More is wanted than was known at first. */
    void extend(long bytes) {
        left += bytes;
    }

    @Override
    public BlockBuffer take() {
        BlockBuffer full = block;
        block = new BlockBuffer();
        return full;
    }

    @Override
    public int size() {
        return block.size();
    }

    @Override
    public void start(long atMillis, Start start) {}

    @Override
    public void data(long atMillis, ByteString bytes) {
        ByteString wanted = left < bytes.size() ? bytes.substring(0, (int) left) : bytes;
        left -= wanted.size();
        try {
            wanted.writeTo(block);
        } catch (IOException e) {
            throw new IllegalStateException("memory takes every byte", e);
        }
    }

    @Override
    public void resize(long atMillis, WindowSize size) {}

    @Override
    public void gap(long atMillis, long bytes) {
        if (left > 0) {
            throw new MusterException(
                    ErrorCode.RAW_EXPIRED,
                    bytes + " bytes of this output were lost at the source; ask for a range before or after them.");
        }
    }

    @Override
    public void exit(long atMillis, Exit exit) {}
}
