package dev.muster.agent.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control group of a task: its processes and all processes that they start, whichever process group they are in.
 * Thread-safe.
 */
final class Cgroup {
    private static final Logger LOG = LoggerFactory.getLogger(Cgroup.class);

    private static final int ROUNDS_MAX = 10;

    private final Path dir;

    Cgroup(Path dir) {
        this.dir = dir;
    }

    /**
     * Adds a process and the processes that it has started so far. The system adds what these start from then on. So a
     * command that goes on starting processes needs no more rounds than another.
     */
    void take(int leader) {
        boolean more = write("cgroup.procs", leader);
        for (int round = 0; more && round < ROUNDS_MAX; round++) {
            List<Integer> descendants = ProcessTable.descendants(leader);
            Set<Integer> inside = Set.copyOf(members());
            more = false;
            for (int pid : descendants) {
                more |= !inside.contains(pid) && write("cgroup.procs", pid);
            }
        }
    }

    /** Signals the processes that are not in this process group. */
    void signalOutside(int group, int signal) {
        for (int pid : members()) {
            if (LibC.INSTANCE.getpgid(pid) != group) {
                int unused = LibC.INSTANCE.kill(pid, signal);
            }
        }
    }

    /** Ends all processes at once, including those that are being started. */
    void kill() {
        boolean unused = write("cgroup.kill", 1);
    }

    boolean isEmpty() {
        return members().isEmpty();
    }

    /** Removes the group; false if it still contains a process. */
    boolean remove() {
        try {
            Files.deleteIfExists(dir);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private List<Integer> members() {
        try {
            return Files.readAllLines(dir.resolve("cgroup.procs")).stream()
                    .map(Integer::valueOf)
                    .filter(pid -> pid > 1)
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** False if the process no longer exists, or the agent lacks the permission. */
    private boolean write(String file, int value) {
        try {
            Files.writeString(dir.resolve(file), String.valueOf(value));
            return true;
        } catch (IOException e) {
            LOG.atDebug()
                    .addKeyValue("dir", dir)
                    .addKeyValue("file", file)
                    .setCause(e)
                    .log("not written");
            return false;
        }
    }
}
