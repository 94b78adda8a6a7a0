package dev.muster.agent.task;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The calls of the C library that start, watch and signal processes. Numbers are those of Linux on x86-64, arm64 and
 * other architectures with the generic constants. Texts are passed as {@link CText}, so no character set is involved.
 */
interface LibC extends Library {
    LibC INSTANCE = Native.load("c", LibC.class);

    int ENOENT = 2;
    int EINTR = 4;
    int EIO = 5;
    int ENOEXEC = 8;
    int EAGAIN = 11;
    int EACCES = 13;
    int ENOTDIR = 20;

    int O_RDONLY = 0;
    int O_RDWR = 2;
    int O_NOCTTY = 0x100;
    int O_NONBLOCK = 0x800;
    int O_CLOEXEC = 0x80000;

    int F_SETFL = 4;
    int F_GETPIPE_SZ = 1032;
    int X_OK = 1;
    int TIOCSWINSZ = 0x5414;

    short POLLIN = 1;
    short POLLOUT = 4;

    int P_PID = 1;
    int WNOHANG = 1;
    int WEXITED = 4;
    int WNOWAIT = 0x1000000;

    int SIGCHLD = 17;

    short POSIX_SPAWN_SETSIGDEF = 0x04;
    short POSIX_SPAWN_SETSIGMASK = 0x08;
    short POSIX_SPAWN_SETSID = 0x80;

    int posix_spawn(IntByReference pid, Pointer path, Pointer actions, Pointer attributes, Pointer argv, Pointer envp);

    int posix_spawn_file_actions_init(Pointer actions);

    int posix_spawn_file_actions_destroy(Pointer actions);

    int posix_spawn_file_actions_addopen(Pointer actions, int descriptor, Pointer path, int flags, int mode);

    int posix_spawn_file_actions_adddup2(Pointer actions, int from, int to);

    int posix_spawn_file_actions_addclose(Pointer actions, int descriptor);

    int posix_spawn_file_actions_addchdir_np(Pointer actions, Pointer path);

    int posix_spawn_file_actions_addclosefrom_np(Pointer actions, int first);

    int posix_spawnattr_init(Pointer attributes);

    int posix_spawnattr_destroy(Pointer attributes);

    int posix_spawnattr_setflags(Pointer attributes, short flags);

    int posix_spawnattr_setsigdefault(Pointer attributes, Pointer signals);

    int posix_spawnattr_setsigmask(Pointer attributes, Pointer signals);

    int sigemptyset(Pointer signals);

    @Nullable
    Pointer signal(int number, @Nullable Pointer handler);

    int waitid(int type, int id, Pointer info, int options);

    int waitpid(int pid, IntByReference status, int options);

    int kill(int pid, int signal);

    int getpgid(int pid);

    int getuid();

    int geteuid();

    int umask(int mask);

    @Nullable
    Pointer getpwuid(int uid);

    @Nullable
    Pointer getpwnam(Pointer name);

    int chown(Pointer path, int uid, int gid);

    int fchown(int descriptor, int uid, int gid);

    @Nullable
    Pointer getenv(String name);

    int access(Pointer path, int mode);

    int pipe2(int[] ends, int flags);

    int eventfd(int value, int flags);

    int fcntl(int descriptor, int command, int argument);

    int posix_openpt(int flags);

    int grantpt(int descriptor);

    int unlockpt(int descriptor);

    int ptsname_r(int descriptor, Pointer name, NativeLong bytes);

    int ioctl(int descriptor, NativeLong request, Pointer argument);

    int poll(Pointer descriptors, NativeLong count, int timeoutMillis);

    NativeLong read(int descriptor, Pointer bytes, NativeLong count);

    NativeLong write(int descriptor, Pointer bytes, NativeLong count);

    int close(int descriptor);

    String strerror(int error);

    /** The result, if it is no error. */
    static int checked(String call, int result) throws IOException {
        if (result < 0) {
            throw new IOException(call + ": " + INSTANCE.strerror(Native.getLastError()));
        }
        return result;
    }

    /** Zeroed memory, larger than the structure for which it is used, whatever the C library. */
    static Memory room(int bytes) {
        Memory memory = new Memory(bytes);
        memory.clear();
        return memory;
    }
}
