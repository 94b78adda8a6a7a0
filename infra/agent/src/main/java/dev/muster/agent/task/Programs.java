package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import com.sun.jna.Memory;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds programs as a shell does: a name with a slash is a path; for another name the directories of PATH are searched.
 */
final class Programs {
    private static final ByteString SLASH = ByteString.copyFromUtf8("/");
    private static final ByteString HERE = ByteString.copyFromUtf8("./");

    private Programs() {}

    /** Paths to try, in this order; empty if none of them can be executed. */
    static List<ByteString> of(ByteString name, ByteString path, ByteString directory) {
        if (contains(name, '/')) {
            return List.of(name);
        }
        List<ByteString> found = new ArrayList<>();
        for (ByteString place : split(path)) {
            ByteString program =
                    place.isEmpty() ? HERE.concat(name) : place.concat(SLASH).concat(name);
            ByteString whole = program.startsWith(SLASH)
                    ? program
                    : directory.concat(SLASH).concat(program);
            if (isExecutable(whole)) {
                found.add(program);
            }
        }
        return found;
    }

    /** Whether another place of PATH may have the program, after this error. */
    static boolean mayBeElsewhere(int error) {
        return error == LibC.ENOENT || error == LibC.EACCES || error == LibC.ENOTDIR;
    }

    private static boolean isExecutable(ByteString program) {
        try (Memory path = CText.of(program)) {
            return LibC.INSTANCE.access(path, LibC.X_OK) == 0;
        }
    }

    private static boolean contains(ByteString text, char wanted) {
        for (int i = 0; i < text.size(); i++) {
            if (text.byteAt(i) == wanted) {
                return true;
            }
        }
        return false;
    }

    private static List<ByteString> split(ByteString path) {
        List<ByteString> places = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= path.size(); i++) {
            if (i == path.size() || path.byteAt(i) == ':') {
                places.add(path.substring(from, i));
                from = i + 1;
            }
        }
        return places;
    }
}
