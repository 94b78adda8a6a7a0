package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A user in the system's list of users.
 *
 * @param remarks the entry's free text: the full name and further fields between commas
 */
record Login(ByteString name, int uid, int gid, ByteString remarks, ByteString home, ByteString shell) {
    private static final ByteString SH = ByteString.copyFromUtf8("/bin/sh");
    /** Shells of users that may not log in; such a user's tasks get /bin/sh. */
    private static final List<ByteString> NO_SHELLS =
            List.of(ByteString.copyFromUtf8("/nologin"), ByteString.copyFromUtf8("/false"));

    /** The agent's user. The C library has one entry for all callers, so one at a time reads it. */
    static synchronized Login current() {
        int uid = LibC.INSTANCE.getuid();
        @Nullable Pointer entry = LibC.INSTANCE.getpwuid(uid);
        return entry == null
                ? new Login(ByteString.EMPTY, uid, uid, ByteString.EMPTY, ByteString.copyFromUtf8("/"), SH)
                : of(entry);
    }

    static synchronized Optional<Login> ofUser(String name) {
        try (Memory wanted = CText.of(ByteString.copyFromUtf8(name))) {
            return Optional.ofNullable(LibC.INSTANCE.getpwnam(wanted)).map(Login::of);
        }
    }

    /** {@code struct passwd}: name, password, uid, gid, remarks, home, shell. */
    private static Login of(Pointer entry) {
        long pointer = Native.POINTER_SIZE;
        long ids = 2 * pointer;
        long texts = ids + 2L * Integer.BYTES;
        return new Login(
                CText.at(entry.getPointer(0)),
                entry.getInt(ids),
                entry.getInt(ids + Integer.BYTES),
                CText.at(entry.getPointer(texts)),
                CText.at(entry.getPointer(texts + pointer)),
                shell(CText.at(entry.getPointer(texts + 2 * pointer))));
    }

    /** The shell that was named, or another one where that one refuses logins. */
    static ByteString shell(ByteString named) {
        return named.isEmpty() || NO_SHELLS.stream().anyMatch(named::endsWith) ? SH : named;
    }
}
