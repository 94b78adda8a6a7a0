package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.node.NodeRef;
import dev.muster.cli.task.TaskApi;
import dev.muster.client.ApiClient;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** An interactive shell on a node. */
@Command(
        name = "shell",
        mixinStandardHelpOptions = true,
        description = {
            "Open a shell on a node. `~.` at the beginning of a line leaves it running, also while the server does not answer.",
            "A lost connection is tried again for ten minutes; what is typed meanwhile is sent when it is back.",
            "While there is no connection, Ctrl-C leaves too. A shell also runs on when this window is closed:",
            "`exit` ends it, --task comes back to it, `infra/muster tasks NODE` lists those that run."
        })
public final class ShellCommand implements Callable<Integer> {
    private static final String SHELL = "exec \"${SHELL:-/bin/sh}\" -i";

    @Mixin
    final ConnectOptions connect;

    @Parameters(paramLabel = "NODE", description = "Id or name.")
    String node = "";

    @Option(names = "--task", paramLabel = "TASK", description = "Come back to a shell that was left.")
    @Nullable
    String taskId;

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description =
                    "The user of the node's machine whose shell it is; else the agent's own. The agent must allow that user.")
    @Nullable
    String user;

    private final CliIo io;

    public ShellCommand(CliIo io) {
        this.io = io;
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public Integer call() throws Exception {
        ApiClient api = connect.client();
        TaskApi tasks = new TaskApi(api, NodeRef.resolve(api, node));
        if (taskId != null) {
            if (user != null) {
                throw new CliFailure("shell: --task comes back to a shell that has its user; leave out --user");
            }
            return InteractiveSession.attach(api, tasks, taskId, io);
        }
        ObjectNode body = Json.object()
                .put("command", SHELL)
                .put("idempotencyKey", UUID.randomUUID().toString());
        if (user != null) {
            body.put("user", user);
        }
        return InteractiveSession.start(api, tasks, body, InteractiveSession.OnSignal.KEEP, io);
    }
}
