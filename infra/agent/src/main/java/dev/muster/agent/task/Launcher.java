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
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Starts the processes of tasks. Tasks with a pipe and with a PTY start in the same way; they differ in the targets of
 * standard input, output and error. Arguments, variables and the directory are passed as the bytes of their UTF-8,
 * whatever the locale.
 */
final class Launcher {
    private static final int TERMINAL_NAME_BYTES = 256;
    /** A group id for chown. */
    private static final int UNCHANGED = -1;

    private static final ByteString ROOT = ByteString.copyFromUtf8("/");
    private static final ByteString SH = ByteString.copyFromUtf8("/bin/sh");
    private static final LibC LIBC = LibC.INSTANCE;

    private final TaskEnvironment environment;
    private final Users users;

    /** @param allowed the users as whom tasks may run, besides the agent's own */
    Launcher(String nodeId, AllowedUsers allowed) {
        this(new TaskEnvironment(nodeId, TaskEnvironment.ofThisProcess()), Users.ofThisProcess(allowed));
    }

    Launcher(TaskEnvironment environment, Users users) {
        this.environment = environment;
        this.users = users;
    }

    /** A process and its output: standard output and error in one order. */
    record Launched(Child child, ProcessOutput output) {}

    /** @throws RefusedException if the agent does not run it as the user whom it names */
    void check(RunTask task) throws RefusedException {
        Optional<UserSwitch> unused = userOf(task);
    }

    /** Empty: the agent's own user. */
    private Optional<UserSwitch> userOf(RunTask task) throws RefusedException {
        Optional<Login> user = users.of(task.getUser());
        return user.isEmpty()
                ? Optional.empty()
                : Optional.of(UserSwitch.to(user.get(), environment.ofLogin().getOrDefault("PATH", ByteString.EMPTY)));
    }

    /** @throws IOException if it cannot be started; the message tells a person why */
    Launched start(RunTask task) throws IOException {
        Texts.check(task);
        Optional<UserSwitch> other = userOf(task);
        Invocation invocation = other.isEmpty() ? invocation(task) : invocation(task, other.get());
        Start start = standard -> start(invocation, standard);
        Optional<Login> user = other.map(UserSwitch::user);
        return task.hasPty() ? withPty(task, user, start) : withPipe(user, start);
    }

    private Invocation invocation(RunTask task) throws IOException {
        Map<String, ByteString> login = environment.ofLogin();
        Map<String, ByteString> variables = environment.of(task, login);
        ByteString directory = directory(task, login.getOrDefault("HOME", ROOT), problem -> problem == 0);
        List<ByteString> argv = argv(task);
        return new Invocation(
                Programs.of(argv.get(0), path(variables), directory),
                argv,
                TaskEnvironment.entries(variables),
                directory,
                Invocation.UMASK_OF_AGENT);
    }

    /** What the agent may not enter, the other user may: a home on a file system that does not trust root. */
    private Invocation invocation(RunTask task, UserSwitch other) throws IOException {
        Map<String, ByteString> variables = environment.of(task, environment.ofLogin(other.user()));
        ByteString directory = directory(task, other.user().home(), problem -> problem == 0 || problem == LibC.EACCES);
        List<ByteString> argv = argv(task);
        if (Programs.isNowhere(argv.get(0), path(variables), directory)) {
            throw new IOException(argv.get(0).toStringUtf8() + ": " + LIBC.strerror(LibC.ENOENT));
        }
        return other.of(argv, variables, directory);
    }

    private static ByteString path(Map<String, ByteString> variables) {
        return variables.getOrDefault("PATH", ByteString.EMPTY);
    }

    private static Child start(Invocation invocation, Spawn.Standard standard) throws IOException {
        int error = LibC.ENOENT;
        for (ByteString program : invocation.programs()) {
            int pid = spawn(program, invocation, standard);
            if (pid > 0) {
                return new Child(pid);
            }
            error = -pid;
            if (!Programs.mayBeElsewhere(error)) {
                break;
            }
        }
        checkDirectory(invocation.directory(), problem -> problem == 0);
        throw new IOException(invocation.argv().get(0).toStringUtf8() + ": " + LIBC.strerror(error));
    }

    /** Starts the process with a given target for its output. */
    private interface Start {
        Child with(Spawn.Standard standard) throws IOException;
    }

    private static int spawn(ByteString program, Invocation invocation, Spawn.Standard standard) throws IOException {
        int pid = Spawn.start(program, invocation.argv(), invocation, standard);
        if (pid != -LibC.ENOEXEC) {
            return pid;
        }
        // a script without a first line, which shells run as one of theirs
        List<ByteString> script = new ArrayList<>(invocation.argv());
        script.set(0, program);
        script.add(0, SH);
        return Spawn.start(SH, script, invocation, standard);
    }

    // Another user owns the pipe, to open it again as /dev/stdout.
    private static Launched withPipe(Optional<Login> user, Start start) throws IOException {
        int[] ends = new int[2];
        LibC.checked("pipe", LIBC.pipe2(ends, LibC.O_CLOEXEC));
        try {
            ProcessOutput output = ProcessOutput.of(ends[0], false);
            try (Memory nothing = CText.of(ByteString.copyFromUtf8("/dev/null"))) {
                LibC.checked("fcntl", LIBC.fcntl(ends[0], LibC.F_SETFL, LibC.O_NONBLOCK));
                if (user.isPresent()) {
                    LibC.checked(
                            "pipe",
                            LIBC.fchown(ends[1], user.get().uid(), user.get().gid()));
                }
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

    // A session's leader without a terminal gets the first terminal that it opens. The terminal is the user's, as after
    // a login.
    private static Launched withPty(RunTask task, Optional<Login> user, Start start) throws IOException {
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
            if (user.isPresent()) {
                LibC.checked("no PTY", LIBC.chown(name, user.get().uid(), UNCHANGED));
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

    /**
     * A user without a home directory starts in the root directory; a requested directory is never replaced.
     *
     * @param usable whether the directory is used in spite of the problem that the agent has with it
     */
    private static ByteString directory(RunTask task, ByteString home, IntPredicate usable) throws IOException {
        if (task.getCwd().isEmpty()) {
            return home.startsWith(ROOT) && usable.test(problemOf(home)) ? home : ROOT;
        }
        if (!task.getCwd().startsWith("/")) {
            throw new IOException("the working directory " + task.getCwd() + " is not an absolute path");
        }
        checkDirectory(task.getCwdBytes(), usable);
        return task.getCwdBytes();
    }

    private static void checkDirectory(ByteString directory, IntPredicate usable) throws IOException {
        int problem = problemOf(directory);
        if (!usable.test(problem)) {
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
