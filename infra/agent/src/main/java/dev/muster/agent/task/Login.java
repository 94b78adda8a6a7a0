package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The agent's user in the system's list of users. */
record Login(ByteString name, ByteString home, ByteString shell) {
    private static final ByteString SH = ByteString.copyFromUtf8("/bin/sh");
    /** Shells of users that may not log in; such a user's tasks get /bin/sh. */
    private static final List<ByteString> NO_SHELLS =
            List.of(ByteString.copyFromUtf8("/nologin"), ByteString.copyFromUtf8("/false"));

    /**
     * {@code struct passwd}: name, password, uid, gid, full name, home, shell. The C library has one for all callers.
     */
    static synchronized Login current() {
        int uid = LibC.INSTANCE.getuid();
        @Nullable Pointer entry = LibC.INSTANCE.getpwuid(uid);
        if (entry == null) {
            return new Login(ByteString.EMPTY, ByteString.copyFromUtf8("/"), SH);
        }
        long pointer = Native.POINTER_SIZE;
        long ids = 2L * Integer.BYTES;
        return new Login(
                CText.at(entry.getPointer(0)),
                CText.at(entry.getPointer(3 * pointer + ids)),
                shell(CText.at(entry.getPointer(4 * pointer + ids))));
    }

    /** The shell that was named, or another one where that one refuses logins. */
    static ByteString shell(ByteString named) {
        return named.isEmpty() || NO_SHELLS.stream().anyMatch(named::endsWith) ? SH : named;
    }
}
