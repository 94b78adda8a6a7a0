package dev.muster.agent.task;

import dev.muster.proto.agent.v1.RunTask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Refuses texts that cannot be passed to a process: the system ends a text at a NUL, and passes variables as
 * {@code NAME=value}.
 */
final class Texts {
    private Texts() {}

    static void check(RunTask task) throws IOException {
        check("the command", task.getCommand());
        for (int i = 0; i < task.getArgvCount(); i++) {
            check("argument " + i, task.getArgv(i));
        }
        if (task.getArgvCount() > 0 && task.getArgv(0).isEmpty()) {
            throw new IOException("the name of the program is empty");
        }
        check("the working directory", task.getCwd());
        for (Map.Entry<String, String> variable : task.getEnvMap().entrySet()) {
            String name = variable.getKey();
            check("the name of a variable", name);
            if (name.isEmpty() || name.indexOf('=') >= 0) {
                throw new IOException("'" + name + "' cannot be the name of a variable");
            }
            check("the variable " + name, variable.getValue());
        }
    }

    private static void check(String what, String text) throws IOException {
        if (text.indexOf('\0') >= 0) {
            throw new IOException(what + " contains a NUL");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IOException(what + " contains half a surrogate pair, which is no text");
        }
    }
}
