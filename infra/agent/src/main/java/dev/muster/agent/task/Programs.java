package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import com.sun.jna.Memory;
import com.sun.jna.Native;
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
        return places(name, path).stream()
                .filter(program -> problemOf(program, directory) == 0)
                .toList();
    }

    /** Whether the agent sees that there is no such program. A directory may refuse entry to root and not to a user. */
    static boolean isNowhere(ByteString name, ByteString path, ByteString directory) {
        List<ByteString> places = contains(name, '/') ? List.of(name) : places(name, path);
        return places.stream()
                .map(program -> problemOf(program, directory))
                .allMatch(problem -> problem == LibC.ENOENT || problem == LibC.ENOTDIR);
    }

    private static List<ByteString> places(ByteString name, ByteString path) {
        return split(path).stream()
                .map(place -> place.isEmpty()
                        ? HERE.concat(name)
                        : place.concat(SLASH).concat(name))
                .toList();
    }

    /** Whether another place of PATH may have the program, after this error. */
    static boolean mayBeElsewhere(int error) {
        return error == LibC.ENOENT || error == LibC.EACCES || error == LibC.ENOTDIR;
    }

    /** Why the program cannot be executed; 0 if it can. */
    private static int problemOf(ByteString program, ByteString directory) {
        ByteString whole =
                program.startsWith(SLASH) ? program : directory.concat(SLASH).concat(program);
        try (Memory path = CText.of(whole)) {
            return LibC.INSTANCE.access(path, LibC.X_OK) == 0 ? 0 : Native.getLastError();
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
