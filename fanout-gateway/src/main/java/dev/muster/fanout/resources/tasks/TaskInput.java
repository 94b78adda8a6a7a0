package dev.muster.fanout.resources.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.http.IdempotencyKey;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.CreateTask;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a new task in a request's body. The limits keep the record well below the broker's limit, and the
 * command below a Linux kernel's.
 */
public final class TaskInput {
    public static final Set<String> FIELDS = Set.of(
            "command", "argv", "pty", "env", "cwd", "user", "timeoutSeconds", "ttlSeconds", IdempotencyKey.FIELD);
    private static final Pattern ENV_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
    private static final int COMMAND_CHARS_MAX = 131_000;
    private static final int ARGV_COUNT_MAX = 1_024;
    private static final int ENV_COUNT_MAX = 256;
    private static final int ENV_VALUE_CHARS_MAX = 32_768;
    private static final int CWD_CHARS_MAX = 4_096;
    private static final int USER_CHARS_MAX = 128;
    private static final int BYTES_MAX = 512 << 10;
    private static final int SIDE_MAX = 1_000;
    private static final long SECONDS_MAX = 30L * 24 * 3_600;
    private static final long TTL_DEFAULT_MILLIS = 24L * 3_600 * 1_000;

    private TaskInput() {}

    /** Without the id, which is made or derived by the caller. */
    public static CreateTask.Builder read(byte[] body) {
        Fields fields = Fields.of(body, FIELDS);
        CreateTask.Builder task = read(fields);
        fields.throwIfMistaken();
        return task;
    }

    /** The same from a body that has more fields; mistakes are left with the fields. */
    public static CreateTask.Builder read(Fields fields) {
        CreateTask.Builder task = CreateTask.newBuilder();
        fields.text("command", COMMAND_CHARS_MAX).ifPresent(task::setCommand);
        fields.texts("argv", ARGV_COUNT_MAX, COMMAND_CHARS_MAX).ifPresent(task::addAllArgv);
        if (fields.present("command") == null && fields.present("argv") == null) {
            fields.mistake("either 'command' or 'argv' is needed");
        } else if (fields.present("command") != null && fields.present("argv") != null) {
            fields.mistake("'command' and 'argv' exclude each other");
        } else if (task.getCommand().isBlank()
                && (task.getArgvCount() == 0 || task.getArgv(0).isEmpty())) {
            fields.mistake("the command is empty");
        }
        fields.object(
                "pty",
                Set.of("cols", "rows"),
                pty -> task.setPty(
                        WindowSize.newBuilder().setCols(side(pty, "cols")).setRows(side(pty, "rows"))));
        env(fields, task);
        fields.text("cwd", CWD_CHARS_MAX).ifPresent(cwd -> {
            if (!cwd.startsWith("/")) {
                fields.mistake("'cwd' is not an absolute path");
            }
            task.setCwd(cwd);
        });
        fields.text("user", USER_CHARS_MAX).ifPresent(user -> {
            if (!Ids.isSystemUser(user)) {
                fields.mistake("'user' is not the name of a user of a node");
            }
            task.setUser(user);
        });
        fields.seconds("timeoutSeconds", SECONDS_MAX).ifPresent(task::setTimeoutMillis);
        task.setTtlMillis(fields.seconds("ttlSeconds", SECONDS_MAX).orElse(TTL_DEFAULT_MILLIS));
        task.setIdempotencyKey(IdempotencyKey.read(fields));
        if (task.build().getSerializedSize() > BYTES_MAX) {
            fields.mistake("command, arguments and environment have more than " + BYTES_MAX + " bytes together");
        }
        return task;
    }

    private static int side(Fields pty, String name) {
        if (pty.present(name) == null) {
            pty.mistake("'" + name + "' is missing");
        }
        return pty.integer(name, 1, SIDE_MAX).orElse(1);
    }

    private static void env(Fields fields, CreateTask.Builder task) {
        @Nullable JsonNode env = fields.present("env");
        if (env == null) {
            return;
        }
        if (!env.isObject() || env.size() > ENV_COUNT_MAX) {
            fields.mistake("'env' is not an object of up to " + ENV_COUNT_MAX + " texts");
            return;
        }
        for (Map.Entry<String, JsonNode> variable : env.properties()) {
            JsonNode value = variable.getValue();
            if (!ENV_NAME.matcher(variable.getKey()).matches()) {
                fields.mistake("'env': '" + Fields.shortened(variable.getKey()) + "' is not a name of a variable");
            } else if (!value.isTextual()
                    || value.textValue().length() > ENV_VALUE_CHARS_MAX
                    || !Fields.isText(value.textValue())) {
                fields.mistake("'env': '%s' is not a text of up to %d characters without NUL and half surrogate pairs"
                        .formatted(variable.getKey(), ENV_VALUE_CHARS_MAX));
            } else {
                task.putEnv(variable.getKey(), value.textValue());
            }
        }
    }
}
