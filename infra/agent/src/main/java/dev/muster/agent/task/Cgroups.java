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
import org.slf4j.event.Level;

/** Gives each task its own control group. A process cannot leave a control group as it leaves a process group. */
final class Cgroups {
    private static final Logger LOG = LoggerFactory.getLogger(Cgroups.class);

    /** systemd's mark on a group whose processes may be divided further. */
    private static final String DELEGATED = "delegate";

    private static final int REMOVED_AT_ONCE = 16;

    private final @Nullable Path base;
    /** Groups of ended tasks that still contain processes. */
    private final Queue<Cgroup> left = new ConcurrentLinkedQueue<>();

    private final String problem;

    private Cgroups(@Nullable Path base, String problem) {
        this.base = base;
        this.problem = problem;
    }

    /**
     * An unusable group is left alone, and tasks have no groups. If it was given, a warning says why.
     *
     * @param given directory of a version 2 group; null: the agent's own, if the system has delegated it to the agent
     */
    static Cgroups within(@Nullable Path given) {
        Optional<Path> parent = given != null ? Optional.of(given) : own().filter(Cgroups::isDelegated);
        if (parent.isEmpty()) {
            return new Cgroups(null, "");
        }
        Path base = parent.get().resolve("muster-tasks");
        String problem = problemOf(parent.get(), base);
        if (problem.isEmpty()) {
            return new Cgroups(base, "");
        }
        LOG.atLevel(given != null ? Level.WARN : Level.DEBUG)
                .addKeyValue("event", "agent-cgroup-unusable")
                .addKeyValue("dir", parent.get())
                .log("tasks have no control groups: " + problem);
        return new Cgroups(null, problem);
    }

    /** Why tasks have no groups, for people; empty where they have, or where none were to be had. */
    String problem() {
        return problem;
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
            LOG.atDebug().addKeyValue("taskId", taskId).setCause(e).log("the task has no control group");
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

    /**
     * Creates the directory of the tasks' groups. Returns an empty text if that worked. Creates nothing in a directory
     * that is no group.
     */
    private static String problemOf(Path parent, Path base) {
        if (!Files.isDirectory(parent)) {
            return parent + " is no directory";
        }
        if (!Files.exists(parent.resolve("cgroup.procs")) || !Files.exists(parent.resolve("cgroup.controllers"))) {
            return parent + " is no version 2 control group";
        }
        try {
            Files.createDirectories(base);
            removeEmptyOnes(base);
        } catch (IOException e) {
            return "no group can be made in it (" + e + ")";
        }
        if (!Files.exists(base.resolve("cgroup.kill"))) {
            return "the system cannot end a group: this needs Linux 5.14 or newer";
        }
        return Files.isWritable(base.resolve("cgroup.procs")) ? "" : base + "/cgroup.procs may not be written";
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
