package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Texts in the C library's form: bytes and a NUL. */
final class CText {
    private CText() {}

    static Memory of(ByteString text) {
        Memory memory = new Memory(text.size() + 1L);
        memory.write(0, text.toByteArray(), 0, text.size());
        memory.setByte(text.size(), (byte) 0);
        return memory;
    }

    /** A null-terminated list of texts, in one piece of memory. */
    static Memory listOf(List<ByteString> texts) {
        long pointers = (texts.size() + 1L) * Native.POINTER_SIZE;
        long bytes = pointers;
        for (ByteString text : texts) {
            bytes += text.size() + 1L;
        }
        Memory memory = new Memory(bytes);
        long at = pointers;
        for (int i = 0; i < texts.size(); i++) {
            ByteString text = texts.get(i);
            memory.setPointer((long) i * Native.POINTER_SIZE, memory.share(at));
            memory.write(at, text.toByteArray(), 0, text.size());
            memory.setByte(at + text.size(), (byte) 0);
            at += text.size() + 1L;
        }
        memory.setPointer((long) texts.size() * Native.POINTER_SIZE, Pointer.NULL);
        return memory;
    }

    static ByteString at(@Nullable Pointer text) {
        return text == null
                ? ByteString.EMPTY
                : ByteString.copyFrom(text.getByteArray(0, (int) text.indexOf(0, (byte) 0)));
    }
}
