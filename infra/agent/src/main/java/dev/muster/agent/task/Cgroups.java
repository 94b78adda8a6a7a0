package dev.muster.agent.task;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives each task its own control group. A process cannot leave a control group as it leaves a process group. */
final class Cgroups {
    private static final Logger log = LoggerFactory.getLogger(Cgroups.class);

    /** systemd's mark on a group whose processes may be divided further. */
    private static final String DELEGATED = "delegate";

    private static final int REMOVED_AT_ONCE = 16;

    private final @Nullable Path base;
    /** Groups of ended tasks that still contain processes. */
    private final Queue<Cgroup> left = new ConcurrentLinkedQueue<>();

    private Cgroups(@Nullable Path base) {
        this.base = base;
    }

    /**
     * @param given directory of a version 2 group; null: the agent's own, if the system has delegated it to the agent.
     *     An unusable group is left alone, and tasks have no groups.
     */
    static Cgroups within(@Nullable Path given) {
        Optional<Path> parent = given != null ? Optional.of(given) : own().filter(Cgroups::isDelegated);
        return new Cgroups(parent.map(path -> path.resolve("muster-tasks"))
                .filter(Cgroups::isUsable)
                .orElse(null));
    }

    /** A group for the task; empty if the agent may not create one. */
    Optional<Cgroup> make(String taskId) {
        if (base == null) {
            return Optional.empty();
        }
        removeSomeThatAreLeft();
        try {
            Path dir = base.resolve(taskId);
            Files.createDirectories(dir);
            return Optional.of(new Cgroup(dir));
        } catch (IOException e) {
            log.atDebug().addKeyValue("taskId", taskId).setCause(e).log("the task has no control group");
            return Optional.empty();
        }
    }

    /** Ends the processes that an earlier process of the agent left in the task's group. */
    void end(String taskId) {
        if (base != null && Files.isDirectory(base.resolve(taskId))) {
            Cgroup group = new Cgroup(base.resolve(taskId));
            group.kill();
            remove(group);
        }
    }

    /** Removes the group now, or later if it still contains a process. */
    void remove(Cgroup group) {
        if (!group.remove()) {
            left.add(group);
        }
    }

    private void removeSomeThatAreLeft() {
        for (int i = Math.min(REMOVED_AT_ONCE, left.size()); i > 0; i--) {
            Cgroup group = left.poll();
            if (group != null) {
                remove(group);
            }
        }
    }

    private static boolean isUsable(Path base) {
        try {
            Files.createDirectories(base);
            removeEmptyOnes(base);
            return Files.isWritable(base.resolve("cgroup.procs")) && Files.exists(base.resolve("cgroup.kill"));
        } catch (IOException e) {
            log.atDebug().addKeyValue("dir", base).setCause(e).log("tasks have no control groups");
            return false;
        }
    }

    private static void removeEmptyOnes(Path base) throws IOException {
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(base, Files::isDirectory)) {
            for (Path group : groups) {
                boolean unused = new Cgroup(group).remove();
            }
        }
    }

    private static boolean isDelegated(Path dir) {
        try {
            @Nullable
            UserDefinedFileAttributeView marks = Files.getFileAttributeView(dir, UserDefinedFileAttributeView.class);
            boolean marked = marks != null && marks.list().contains(DELEGATED);
            int owner = (int) Files.getAttribute(dir, "unix:uid");
            return marked || (owner != 0 && owner == LibC.INSTANCE.getuid());
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** The directory of the agent's version 2 group. */
    private static Optional<Path> own() {
        try {
            String path = lines("/proc/self/cgroup")
                    .filter(line -> line.startsWith("0::/"))
                    .map(line -> line.substring(3))
                    .findFirst()
                    .orElse("");
            // number, parent, device, root, mount point, ... - type
            return lines("/proc/self/mountinfo")
                    .filter(line -> line.contains(" - cgroup2 "))
                    .map(line -> line.split(" ", -1))
                    .filter(mount -> path.startsWith(mount[3]))
                    .map(mount -> Path.of(mount[4] + "/" + path.substring(mount[3].length())))
                    .filter(Files::isDirectory)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Stream<String> lines(String file) throws IOException {
        return Files.readString(Path.of(file), StandardCharsets.ISO_8859_1).lines();
    }
}
