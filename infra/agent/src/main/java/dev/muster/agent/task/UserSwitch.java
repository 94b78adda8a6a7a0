package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Starts a program as another user, with two tools of the system: setpriv (util-linux) takes on the user's ids and
 * groups, then env (coreutils) enters the working directory with the rights of the user and starts the program. Each
 * replaces itself by the next, so the process id, the group, the session, the terminal and the end are the program's
 * own.
 *
 * <p>setpriv still runs as root, so it gets no variable with which a task could change what a program of the system
 * loads. These are the variables that the C library ignores in set-user-ID programs; env sets them afterwards. The
 * other variables are passed on without a detour, as all users of the machine can read the arguments of env.
 */
final class UserSwitch {
    private static final ByteString EQUALS = ByteString.copyFromUtf8("=");
    private static final ByteString END_OF_OPTIONS = ByteString.copyFromUtf8("--");
    private static final ByteString ROOT = ByteString.copyFromUtf8("/");
    /** Beside names that begin with LD_: glibc's list, and musl's. */
    private static final Set<String> UNSAFE = Set.of(
            "GCONV_PATH",
            "GETCONF_DIR",
            "GLIBC_TUNABLES",
            "HOSTALIASES",
            "LANGUAGE",
            "LOCALDOMAIN",
            "LOCPATH",
            "MALLOC_TRACE",
            "MUSL_LOCPATH",
            "NIS_PATH",
            "NLSPATH",
            "RESOLV_HOST_CONF",
            "RES_OPTIONS",
            "TMPDIR",
            "TZDIR");

    private final Login user;
    private final ByteString setpriv;
    private final ByteString env;

    private UserSwitch(Login user, ByteString setpriv, ByteString env) {
        this.user = user;
        this.setpriv = setpriv;
        this.env = env;
    }

    /**
     * @param path where the tools are looked for
     * @throws RefusedException if a tool is missing
     */
    static UserSwitch to(Login user, ByteString path) throws RefusedException {
        return new UserSwitch(user, tool("setpriv", "util-linux", path), tool("env", "coreutils", path));
    }

    Login user() {
        return user;
    }

    /** @param directory entered by the user */
    Invocation of(List<ByteString> argv, Map<String, ByteString> variables, ByteString directory) {
        Map<String, ByteString> atOnce = new LinkedHashMap<>(variables);
        atOnce.keySet().removeIf(UserSwitch::isUnsafe);
        Map<String, ByteString> later = new LinkedHashMap<>(variables);
        later.keySet().removeAll(atOnce.keySet());
        List<ByteString> all = new ArrayList<>();
        all.add(setpriv);
        all.add(ByteString.copyFromUtf8("--reuid=").concat(user.name()));
        all.add(ByteString.copyFromUtf8("--regid=" + Integer.toUnsignedString(user.gid())));
        all.add(ByteString.copyFromUtf8("--init-groups"));
        all.add(ByteString.copyFromUtf8("--inh-caps=-all"));
        all.add(END_OF_OPTIONS);
        all.add(env);
        all.add(ByteString.copyFromUtf8("--chdir=").concat(directory));
        all.add(END_OF_OPTIONS);
        all.addAll(TaskEnvironment.entries(later));
        if (contains(argv.get(0), EQUALS)) {
            // env would take it for a variable
            all.add(setpriv);
            all.add(END_OF_OPTIONS);
        }
        all.addAll(argv);
        return new Invocation(List.of(setpriv), all, TaskEnvironment.entries(atOnce), ROOT, Umask.of(user));
    }

    static boolean isUnsafe(String variable) {
        return variable.startsWith("LD_") || UNSAFE.contains(variable);
    }

    /** BusyBox has tools of these names with fewer options. */
    private static ByteString tool(String name, String ofPackage, ByteString path) throws RefusedException {
        for (ByteString found : Programs.of(ByteString.copyFromUtf8(name), path, ROOT)) {
            if (found.startsWith(ROOT) && !isBusyBox(found)) {
                return found;
            }
        }
        throw new RefusedException(
                ErrorCode.RUN_AS_REFUSED,
                "to run a command as another user, the agent needs the program " + name + " of " + ofPackage
                        + ", and does not find it in its PATH");
    }

    private static boolean isBusyBox(ByteString program) {
        try {
            return Path.of(program.toStringUtf8()).toRealPath().endsWith("busybox");
        } catch (IOException e) {
            return true;
        }
    }

    private static boolean contains(ByteString text, ByteString wanted) {
        return text.toStringUtf8().contains(wanted.toStringUtf8());
    }
}
