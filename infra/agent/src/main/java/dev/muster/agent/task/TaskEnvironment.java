package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import com.sun.jna.Pointer;
import dev.muster.proto.agent.v1.RunTask;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The variables of a task: those of a login, those that say where the task runs, and those that the task names. No
 * other variable of the agent is passed on.
 */
final class TaskEnvironment {
    static final String TASK_ID = "MUSTER_TASK_ID";

    private static final List<String> INHERITED = List.of("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ");
    private static final List<String> LOCALE = List.of("LANG", "LC_ALL", "LC_CTYPE");
    /**
     * {@code infra/muster} stores the caller's locale in these variables, because it starts the agent itself in a UTF-8
     * locale. Empty: the caller had none.
     */
    private static final String CALLER = "MUSTER_CALLER_";

    private static final String PATH = "/usr/local/bin:/usr/bin:/bin";
    private static final String ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final String nodeId;
    private final Variables agent;

    /** Variables of the agent's own process. */
    interface Variables {
        @Nullable
        ByteString get(String name);
    }

    TaskEnvironment(String nodeId, Variables agent) {
        this.nodeId = nodeId;
        this.agent = agent;
    }

    static Variables ofThisProcess() {
        return name -> {
            @Nullable Pointer value = LibC.INSTANCE.getenv(name);
            return value == null ? null : CText.at(value);
        };
    }

    /** By name. */
    Map<String, ByteString> of(RunTask task, Map<String, ByteString> login) {
        Map<String, ByteString> all = new LinkedHashMap<>(login);
        all.put("MUSTER_NODE_ID", ByteString.copyFromUtf8(nodeId));
        all.put(TASK_ID, ByteString.copyFromUtf8(task.getTaskId()));
        if (task.hasPty()) {
            all.put("TERM", ByteString.copyFromUtf8("xterm-256color"));
        }
        task.getEnvMap().forEach((name, value) -> all.put(name, ByteString.copyFromUtf8(value)));
        return all;
    }

    /** The variables that every task has that runs as this other user: those of a login of the user. */
    Map<String, ByteString> ofLogin(Login user) {
        Map<String, ByteString> all = new LinkedHashMap<>();
        all.put("HOME", user.home());
        all.put("SHELL", user.shell());
        all.put("USER", user.name());
        all.put("LOGNAME", user.name());
        all.put("PATH", ByteString.copyFromUtf8(user.uid() == 0 ? ROOT_PATH : PATH));
        @Nullable ByteString zone = agent.get("TZ");
        if (zone != null && !zone.isEmpty()) {
            all.put("TZ", zone);
        }
        putLocale(all);
        return all;
    }

    /** The variables that every task has that runs as the agent's own user. */
    Map<String, ByteString> ofLogin() {
        Map<String, ByteString> all = new LinkedHashMap<>();
        for (String name : INHERITED) {
            @Nullable ByteString value = agent.get(name);
            if (value != null && !value.isEmpty()) {
                all.put(name, value);
            }
        }
        putLocale(all);
        Login login = Login.current();
        all.putIfAbsent("HOME", login.home());
        all.put("SHELL", Login.shell(all.getOrDefault("SHELL", login.shell())));
        if (!login.name().isEmpty()) {
            all.putIfAbsent("USER", login.name());
            all.putIfAbsent("LOGNAME", login.name());
        }
        all.putIfAbsent("PATH", ByteString.copyFromUtf8(LibC.INSTANCE.getuid() == 0 ? ROOT_PATH : PATH));
        return all;
    }

    private void putLocale(Map<String, ByteString> all) {
        boolean handedOver = LOCALE.stream().anyMatch(name -> agent.get(CALLER + name) != null);
        for (String name : LOCALE) {
            @Nullable ByteString value = agent.get(handedOver ? CALLER + name : name);
            if (value != null && !(handedOver && value.isEmpty())) {
                all.put(name, value);
            }
        }
    }

    static List<ByteString> entries(Map<String, ByteString> environment) {
        List<ByteString> entries = new ArrayList<>(environment.size());
        environment.forEach(
                (name, value) -> entries.add(ByteString.copyFromUtf8(name + "=").concat(value)));
        return entries;
    }
}
