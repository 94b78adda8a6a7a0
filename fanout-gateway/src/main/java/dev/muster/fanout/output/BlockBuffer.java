package dev.muster.fanout.output;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Bytes on their way into a block. */
final class BlockBuffer extends ByteArrayOutputStream {
    /** What was written, without a copy; this buffer must not be used again. */
    ByteBuffer take() {
        return ByteBuffer.wrap(buf, 0, count);
    }
}
