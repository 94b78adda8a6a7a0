package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Starts a program as the leader of its own session. The program has no open files except standard input, output and
 * error, every signal at its default and none blocked, whatever the agent itself was started with.
 */
final class Spawn {
    private static final int STRUCTURE_BYTES = 1_024;
    private static final int SIGSET_BYTES = 128;
    private static final int STANDARD_DESCRIPTORS = 3;
    private static final Path OPEN_FILES = Path.of("/proc/self/fd");
    private static final LibC LIBC = LibC.INSTANCE;

    static {
        // a parent that ignores it never learns how its children ended
        Pointer unused = LIBC.signal(LibC.SIGCHLD, Pointer.NULL);
    }

    private Spawn() {}

    /** The targets of standard input, output and error. */
    interface Standard {
        void open(Pointer actions);
    }

    /**
     * Starts one program at a time, because the umask is of the whole process: another program must not get it, and a
     * file that the agent makes in this moment may get it. The agent's files are in directories of its own.
     *
     * @param program a path; a relative one starts at the directory
     * @return the process id, or the negative error number
     */
    static synchronized int start(ByteString program, List<ByteString> argv, Invocation invocation, Standard standard)
            throws IOException {
        if (invocation.umask() == Invocation.UMASK_OF_AGENT) {
            return spawn(program, argv, invocation, standard);
        }
        int before = LIBC.umask(invocation.umask());
        try {
            return spawn(program, argv, invocation, standard);
        } finally {
            int unused = LIBC.umask(before);
        }
    }

    private static int spawn(ByteString program, List<ByteString> argv, Invocation invocation, Standard standard)
            throws IOException {
        IntByReference pid = new IntByReference();
        try (Memory actions = LibC.room(STRUCTURE_BYTES);
                Memory attributes = LibC.room(STRUCTURE_BYTES);
                Memory signals = LibC.room(STRUCTURE_BYTES);
                Memory path = CText.of(program);
                Memory cwd = CText.of(invocation.directory());
                Memory arguments = CText.listOf(argv);
                Memory variables = CText.listOf(invocation.variables())) {
            LIBC.posix_spawn_file_actions_init(actions);
            LIBC.posix_spawnattr_init(attributes);
            try {
                LIBC.posix_spawnattr_setflags(attributes, (short)
                        (LibC.POSIX_SPAWN_SETSID | LibC.POSIX_SPAWN_SETSIGDEF | LibC.POSIX_SPAWN_SETSIGMASK));
                LIBC.sigemptyset(signals);
                LIBC.posix_spawnattr_setsigmask(attributes, signals);
                // sigfillset leaves out two signals that the C library uses itself, and the program would start with
                // them ignored
                signals.setMemory(0, SIGSET_BYTES, (byte) 0xff);
                LIBC.posix_spawnattr_setsigdefault(attributes, signals);
                standard.open(actions);
                closeTheOthers(actions);
                LIBC.posix_spawn_file_actions_addchdir_np(actions, cwd);
                int error = LIBC.posix_spawn(pid, path, actions, attributes, arguments, variables);
                return error == 0 ? pid.getValue() : -error;
            } finally {
                LIBC.posix_spawnattr_destroy(attributes);
                LIBC.posix_spawn_file_actions_destroy(actions);
            }
        }
    }

    private static void closeTheOthers(Pointer actions) throws IOException {
        try {
            LIBC.posix_spawn_file_actions_addclosefrom_np(actions, STANDARD_DESCRIPTORS);
        } catch (UnsatisfiedLinkError e) {
            // glibc before 2.34
            closeEach(actions);
        }
    }

    private static void closeEach(Pointer actions) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(OPEN_FILES)) {
            for (Path file : files) {
                int descriptor = Integer.parseInt(file.getFileName().toString());
                if (descriptor >= STANDARD_DESCRIPTORS) {
                    LIBC.posix_spawn_file_actions_addclose(actions, descriptor);
                }
            }
        }
    }
}
