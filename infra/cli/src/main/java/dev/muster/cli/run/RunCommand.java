package dev.muster.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.node.NodeRef;
import dev.muster.cli.task.ExitCodes;
import dev.muster.cli.task.TaskApi;
import dev.muster.cli.terminal.InteractiveSession;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.Unreachable;
import dev.muster.contract.errors.ErrorCode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a command on a node as if it ran here. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        customSynopsis = {
            "muster run [OPTION...] NODE -- CMD [ARG...]",
            "       muster run [OPTION...] --selector=K=V -- CMD [ARG...]"
        },
        description = {
            "Run a command on a node, stream its output, and exit with its exit code (128+n on signal n).",
            "With --selector, on all nodes with those labels, and no NODE is named: lines come behind the name of their node,",
            "from up to 16 nodes at once as they are printed and from others when the command has ended there,",
            "and the exit code is 0 if the command succeeded everywhere, else 1.",
            "One word is a line for /bin/sh; several are a program and its arguments, passed on as they are.",
            "Its standard input is empty: what is piped in here is not passed on. With --tty it has a terminal.",
            "Ctrl-C, TERM and HUP cancel the command; Ctrl-C again leaves it. A lost connection is tried again for ten minutes."
        })
public final class RunCommand implements Callable<Integer> {
    @Mixin
    final ConnectOptions connect;

    @Parameters(index = "0", paramLabel = "NODE", description = "Id or name.")
    String node = "";

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "CMD", description = "After `--`: what to run.")
    List<String> words = List.of();

    @Option(
            names = {"-t", "--tty"},
            description = "In a terminal of its own, connected to this one.")
    boolean tty;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "K=V",
            description = "A variable of its environment; may repeat.")
    Map<String, String> env = Map.of();

    @Option(names = "--cwd", paramLabel = "DIR", description = "Where it runs; else the home directory of its user.")
    @Nullable
    String cwd;

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description =
                    "The user of the node's machine who runs it; else the agent's own. The agent must allow that user.")
    @Nullable
    String user;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "End it after this long.")
    @Nullable
    Integer timeoutSeconds;

    @Option(names = "--ttl", paramLabel = "SECONDS", description = "How long it may wait for the node to be there.")
    @Nullable
    Integer ttlSeconds;

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "K=V",
            description = "Run it on all nodes with this label; may repeat, then all must match.")
    Map<String, String> selector = Map.of();

    @Option(names = "--max-concurrency", paramLabel = "N", description = "With --selector: nodes at once.")
    @Nullable
    Integer maxConcurrency;

    @Option(
            names = "--max-failures",
            paramLabel = "N",
            description = "With --selector: begin on no further node once it failed on more than this many.")
    @Nullable
    Integer maxFailures;

    @Spec
    CommandSpec spec;

    private final CliIo io;

    public RunCommand(CliIo io) {
        this.io = io;
        this.spec = CommandSpec.create();
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public Integer call() throws Exception {
        if (!selector.isEmpty()) {
            return onMany();
        }
        if (words.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "what to run is missing, after the node");
        }
        ApiClient api = connect.client();
        TaskApi tasks = new TaskApi(api, NodeRef.resolve(api, node));
        if (tty) {
            return InteractiveSession.start(api, tasks, body(), InteractiveSession.OnSignal.CANCEL, io);
        }
        mentionInput();
        CancelOnSignal signals = CancelOnSignal.register(io);
        String taskId = tasks.create(body()).path("taskId").asText();
        signals.began(new CancelOnSignal.Running(
                "task " + taskId, OutputFollower.comeBack(tasks.nodeId(), taskId), () -> tasks.cancel(taskId)));
        try {
            JsonNode task = new OutputFollower(api, tasks, taskId, io).follow();
            int code = ExitCodes.of(task);
            ExitCodes.remark(task).ifPresent(io::say);
            return code;
        } catch (CliIo.OutputClosed e) {
            cancelQuietly(tasks, taskId);
            throw e;
        }
    }

    /** Standard output is closed. The task may have ended by itself, which is as good. */
    private void cancelQuietly(TaskApi tasks, String taskId) {
        try {
            tasks.cancel(taskId);
        } catch (ApiException e) {
            if (!e.code().equals(ErrorCode.TASK_ENDED.code())) {
                io.say("could not cancel task " + taskId + ": " + e.getMessage());
            }
        } catch (Unreachable e) {
            io.say("could not cancel task " + taskId + ": " + e.getMessage());
        }
    }

    /** A command has no standard input; this tells a user who pipes something in. */
    private void mentionInput() {
        try {
            if (!io.terminalIn() && System.in.available() > 0) {
                io.say("standard input is not passed on to the command (< /dev/null says that this is meant)");
            }
        } catch (IOException closed) {
            // then there is no input to mention
        }
    }

    private int onMany() throws InterruptedException {
        if (tty) {
            throw new ParameterException(
                    spec.commandLine(), "a terminal is of one node; leave out --tty or --selector");
        }
        ObjectNode body = body(Stream.concat(Stream.of(node), words.stream()).toList());
        ObjectNode labels = body.putObject("selector").putObject("labels");
        selector.forEach(labels::put);
        if (maxConcurrency != null) {
            body.put("maxConcurrency", maxConcurrency.intValue());
        }
        if (maxFailures != null) {
            body.put("maxFailures", maxFailures.intValue());
        }
        CancelOnSignal signals = CancelOnSignal.register(io);
        GroupRun run = new GroupRun(connect.client(), body, io);
        signals.began(run.running());
        return run.follow();
    }

    private ObjectNode body() {
        return body(words);
    }

    private ObjectNode body(List<String> words) {
        ObjectNode body = Json.object().put("idempotencyKey", UUID.randomUUID().toString());
        if (words.size() == 1) {
            body.put("command", words.get(0));
        } else {
            ArrayNode argv = body.putArray("argv");
            words.forEach(argv::add);
        }
        if (!env.isEmpty()) {
            ObjectNode variables = body.putObject("env");
            env.forEach(variables::put);
        }
        if (cwd != null) {
            body.put("cwd", cwd);
        }
        if (user != null) {
            body.put("user", user);
        }
        if (timeoutSeconds != null) {
            body.put("timeoutSeconds", timeoutSeconds.intValue());
        }
        if (ttlSeconds != null) {
            body.put("ttlSeconds", ttlSeconds.intValue());
        }
        return body;
    }
}
