package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import dev.muster.proto.agent.v1.RunTask;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Starts the processes of tasks. Tasks with a pipe and with a PTY start in the same way; they differ in the targets of
 * standard input, output and error. Arguments, variables and the directory are passed as the bytes of their UTF-8,
 * whatever the locale.
 */
final class Launcher {
    private static final int TERMINAL_NAME_BYTES = 256;
    private static final ByteString ROOT = ByteString.copyFromUtf8("/");
    private static final ByteString SH = ByteString.copyFromUtf8("/bin/sh");
    private static final LibC LIBC = LibC.INSTANCE;

    private final TaskEnvironment environment;

    Launcher(String nodeId) {
        this(new TaskEnvironment(nodeId, TaskEnvironment.ofThisProcess()));
    }

    Launcher(TaskEnvironment environment) {
        this.environment = environment;
    }

    /** A process and its output: standard output and error in one order. */
    record Launched(Child child, ProcessOutput output) {}

    /** @throws IOException if it cannot be started; the message tells a person why */
    Launched start(RunTask task) throws IOException {
        Texts.check(task);
        Map<String, ByteString> login = environment.ofLogin();
        Map<String, ByteString> variables = environment.of(task, login);
        ByteString directory = directory(task, login.getOrDefault("HOME", ROOT));
        List<ByteString> argv = argv(task);
        List<ByteString> programs =
                Programs.of(argv.get(0), variables.getOrDefault("PATH", ByteString.EMPTY), directory);
        Start start = standard -> start(programs, argv, TaskEnvironment.entries(variables), directory, standard);
        return task.hasPty() ? withPty(task, start) : withPipe(start);
    }

    private static Child start(
            List<ByteString> programs,
            List<ByteString> argv,
            List<ByteString> variables,
            ByteString directory,
            Spawn.Standard standard)
            throws IOException {
        int error = LibC.ENOENT;
        for (ByteString program : programs) {
            int pid = spawn(program, argv, variables, directory, standard);
            if (pid > 0) {
                return new Child(pid);
            }
            error = -pid;
            if (!Programs.mayBeElsewhere(error)) {
                break;
            }
        }
        checkDirectory(directory);
        throw new IOException(argv.get(0).toStringUtf8() + ": " + LIBC.strerror(error));
    }

    /** Starts the process with a given target for its output. */
    private interface Start {
        Child with(Spawn.Standard standard) throws IOException;
    }

    private static int spawn(
            ByteString program,
            List<ByteString> argv,
            List<ByteString> variables,
            ByteString directory,
            Spawn.Standard standard)
            throws IOException {
        int pid = Spawn.start(program, argv, variables, directory, standard);
        if (pid != -LibC.ENOEXEC) {
            return pid;
        }
        // a script without a first line, which shells run as one of theirs
        List<ByteString> script = new ArrayList<>(argv);
        script.set(0, program);
        script.add(0, SH);
        return Spawn.start(SH, script, variables, directory, standard);
    }

    private static Launched withPipe(Start start) throws IOException {
        int[] ends = new int[2];
        LibC.checked("pipe", LIBC.pipe2(ends, LibC.O_CLOEXEC));
        try {
            ProcessOutput output = ProcessOutput.of(ends[0], false);
            try (Memory nothing = CText.of(ByteString.copyFromUtf8("/dev/null"))) {
                LibC.checked("fcntl", LIBC.fcntl(ends[0], LibC.F_SETFL, LibC.O_NONBLOCK));
                Child child = start.with(actions -> {
                    LIBC.posix_spawn_file_actions_addopen(actions, 0, nothing, LibC.O_RDONLY, 0);
                    LIBC.posix_spawn_file_actions_adddup2(actions, ends[1], 1);
                    LIBC.posix_spawn_file_actions_adddup2(actions, ends[1], 2);
                });
                return new Launched(child, output);
            } catch (IOException e) {
                output.close();
                throw e;
            }
        } finally {
            LIBC.close(ends[1]);
        }
    }

    // A session's leader without a terminal gets the first terminal that it opens.
    private static Launched withPty(RunTask task, Start start) throws IOException {
        int master = LibC.checked(
                "no PTY", LIBC.posix_openpt(LibC.O_RDWR | LibC.O_NOCTTY | LibC.O_CLOEXEC | LibC.O_NONBLOCK));
        ProcessOutput output = ProcessOutput.of(master, true);
        try (Memory name = LibC.room(TERMINAL_NAME_BYTES)) {
            LibC.checked("no PTY", LIBC.grantpt(master));
            LibC.checked("no PTY", LIBC.unlockpt(master));
            int error = LIBC.ptsname_r(master, name, new NativeLong(TERMINAL_NAME_BYTES));
            if (error != 0) {
                throw new IOException("no PTY: " + LIBC.strerror(error));
            }
            output.resize(task.getPty());
            Child child = start.with(actions -> {
                LIBC.posix_spawn_file_actions_addopen(actions, 0, name, LibC.O_RDWR, 0);
                LIBC.posix_spawn_file_actions_adddup2(actions, 0, 1);
                LIBC.posix_spawn_file_actions_adddup2(actions, 0, 2);
            });
            return new Launched(child, output);
        } catch (IOException e) {
            output.close();
            throw e;
        }
    }

    private static List<ByteString> argv(RunTask task) {
        if (task.getArgvCount() > 0) {
            return task.getArgvList().asByteStringList();
        }
        return List.of(SH, ByteString.copyFromUtf8("-c"), task.getCommandBytes());
    }

    /** A user without a home directory starts in the root directory; a requested directory is never replaced. */
    private static ByteString directory(RunTask task, ByteString home) throws IOException {
        if (task.getCwd().isEmpty()) {
            return home.startsWith(ROOT) && problemOf(home) == 0 ? home : ROOT;
        }
        if (!task.getCwd().startsWith("/")) {
            throw new IOException("the working directory " + task.getCwd() + " is not an absolute path");
        }
        checkDirectory(task.getCwdBytes());
        return task.getCwdBytes();
    }

    private static void checkDirectory(ByteString directory) throws IOException {
        int problem = problemOf(directory);
        if (problem != 0) {
            throw new IOException(
                    "the working directory " + directory.toStringUtf8() + " cannot be used: " + LIBC.strerror(problem));
        }
    }

    /** Why the directory cannot be entered; 0 if it can. */
    private static int problemOf(ByteString directory) {
        try (Memory itself = CText.of(directory.concat(ByteString.copyFromUtf8("/.")))) {
            return LIBC.access(itself, LibC.X_OK) == 0 ? 0 : Native.getLastError();
        }
    }
}
