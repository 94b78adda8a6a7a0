package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The processes of this machine, from {@code /proc}. */
final class ProcessTable {
    private static final Path PROC = Path.of("/proc");
    private static final Path BOOT_ID = PROC.resolve("sys/kernel/random/boot_id");
    private static final int STAT_STATE = 0;
    private static final int STAT_PARENT = 1;
    private static final int STAT_SESSION = 3;
    private static final int STAT_START_TICKS = 19;

    private ProcessTable() {}

    /** Changes with every start of the machine; empty if the system has none. */
    static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /**
     * When the process started, in clock ticks since the machine started; no step of the clock changes it. 0: there is
     * no such process.
     */
    static long startTicks(long pid) {
        return stat(pid).map(fields -> Long.parseLong(fields[STAT_START_TICKS])).orElse(0L);
    }

    /** Processes of the group that have not ended. */
    static List<Integer> groupMembers(int group) {
        return all().stream()
                .filter(pid -> LibC.INSTANCE.getpgid(pid) == group && runs(pid))
                .toList();
    }

    /** The processes of the leader's session, and all their descendants. */
    static List<Integer> descendants(int leader) {
        Map<Integer, String[]> table = new TreeMap<>();
        all().forEach(pid -> stat(pid).ifPresent(fields -> table.put(pid, fields)));
        Set<Integer> found = new LinkedHashSet<>(Set.of(leader));
        boolean more = true;
        while (more) {
            more = false;
            for (Map.Entry<Integer, String[]> process : table.entrySet()) {
                if (Integer.parseInt(process.getValue()[STAT_SESSION]) == leader
                        || found.contains(Integer.parseInt(process.getValue()[STAT_PARENT]))) {
                    more |= found.add(process.getKey());
                }
            }
        }
        found.remove(leader);
        return List.copyOf(found);
    }

    private static List<Integer> all() {
        List<Integer> pids = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            processes.forEach(
                    process -> pids.add(Integer.valueOf(process.getFileName().toString())));
        } catch (IOException | DirectoryIteratorException e) {
            return pids;
        }
        return pids;
    }

    /** Whether the process was started with this variable in its environment. */
    static boolean hasVariable(int pid, String name, String value) {
        ByteString wanted = ByteString.copyFromUtf8(name + "=" + value + "\0");
        try {
            ByteString all = ByteString.copyFrom(Files.readAllBytes(PROC.resolve(pid + "/environ")));
            for (int at = 0; at + wanted.size() <= all.size(); at++) {
                if ((at == 0 || all.byteAt(at - 1) == 0)
                        && all.substring(at, at + wanted.size()).equals(wanted)) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean runs(int pid) {
        return stat(pid)
                .map(fields -> !fields[STAT_STATE].equals("Z") && !fields[STAT_STATE].equals("X"))
                .orElse(false);
    }

    /** The fields behind the program's name, which may contain any character. */
    private static Optional<String[]> stat(long pid) {
        try {
            String line = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            return Optional.of(line.substring(line.lastIndexOf(')') + 2).split(" ", -1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
