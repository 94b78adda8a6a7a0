package dev.muster.fanout.resources.tasks;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.command.Commands;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.AnswerShares;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.Ask;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.http.NodeAccess;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.output.RawOutput;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.records.v1.CancelTaskCommand;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import io.javalin.config.RoutesConfig;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The tasks of a node: run, list, show, cancel. */
public final class TaskCalls {
    private static final int LIMIT_DEFAULT = 100;
    private static final int LIMIT_MAX = 1_000;

    private final Api api;
    private final RegistryClient registry;
    private final Commands commands;
    private final RawOutput raw;
    private final Ids ids;
    private final Clock clock;
    private final AnswerShares lists;

    /** @param lists counts the lists under way */
    public TaskCalls(
            Api api,
            RegistryClient registry,
            Commands commands,
            RawOutput raw,
            Ids ids,
            Clock clock,
            AnswerShares lists) {
        this.api = api;
        this.registry = registry;
        this.commands = commands;
        this.raw = raw;
        this.ids = ids;
        this.clock = clock;
        this.lists = lists;
    }

    public void addTo(RoutesConfig routes) {
        routes.post("/api/v1/nodes/{nodeId}/tasks", api.guarded(this::run));
        api.read(routes, "/api/v1/nodes/{nodeId}/tasks", api.guarded(this::list));
        api.read(routes, "/api/v1/nodes/{nodeId}/tasks/{taskId}", api.guarded(this::show));
        routes.post("/api/v1/nodes/{nodeId}/tasks/{taskId}/cancel", api.guarded(this::cancel));
    }

    private CompletableFuture<Answer> run(Ask ask) {
        CreateTask.Builder task = TaskInput.read(ask.body());
        String nodeId = ask.nodeId();
        String key = task.getIdempotencyKey();
        task.setTaskId(
                key.isEmpty()
                        ? ids.make(Ids.Kind.TASK, clock.millis())
                        : Ids.derive(Ids.Kind.TASK, ask.user().name(), nodeId, key));
        return NodeAccess.requireOrRepeat(registry, ask, Role.ROLE_RUN, key)
                .thenCompose(allowed -> commands.request(nodeId, ask.requester(), record -> record.setCreateTask(task)))
                .thenApply(reply -> Answer.json(202, wrapped(Json.task(reply.getTask())))
                        .with("Location", "/api/v1/nodes/" + nodeId + "/tasks/" + task.getTaskId()));
    }

    private CompletableFuture<Answer> list(Ask ask) {
        ListTasksRequest.Builder request = ListTasksRequest.newBuilder()
                .setNodeId(ask.nodeId())
                .setLimit(Math.toIntExact(ask.number("limit", 1, LIMIT_MAX).orElse((long) LIMIT_DEFAULT)));
        ask.query("after").ifPresent(after -> {
            if (!Ids.isId(Ids.Kind.TASK, after)) {
                throw Fields.invalid("'after' is not the id of a task.");
            }
            request.setAfter(after);
        });
        return lists.counted(
                ask.user(),
                () -> NodeAccess.require(registry, ask, Role.ROLE_VIEW)
                        .thenCompose(view -> registry.of(ask.user().name()).listTasks(request.build()))
                        .thenApply(page -> {
                            ObjectNode json = Json.object();
                            ArrayNode tasks = json.putArray("tasks");
                            page.getTasksList().forEach(task -> tasks.add(listed(task)));
                            json.put("next", page.getNext().isEmpty() ? null : page.getNext());
                            return Answer.json(200, json);
                        }));
    }

    private CompletableFuture<Answer> show(Ask ask) {
        String taskId = ask.taskId();
        return NodeAccess.require(registry, ask, Role.ROLE_VIEW)
                .thenCompose(view -> registry.of(ask.user().name()).getTask(ask.nodeId(), taskId))
                .thenCompose(task -> raw.available(registry.of(ask.user().name()), task.getNodeId(), taskId)
                        .thenApply(available -> {
                            ObjectNode json = Json.task(task);
                            available.ifPresent(range -> json.putObject("rawAvailable")
                                    .put("from", range.from())
                                    .put("to", range.to())
                                    .put("until", Json.time(range.until())));
                            return Answer.json(200, wrapped(json));
                        }));
    }

    private CompletableFuture<Answer> cancel(Ask ask) {
        Fields.ofOptional(ask.body(), Set.of()).throwIfMistaken();
        String nodeId = ask.nodeId();
        String taskId = ask.taskId();
        return NodeAccess.require(registry, ask, Role.ROLE_RUN)
                .thenCompose(view -> commands.request(
                        nodeId,
                        ask.requester(),
                        record -> record.setCancelTask(
                                CancelTaskCommand.newBuilder().setTaskId(taskId))))
                .thenApply(reply -> Answer.json(200, wrapped(Json.task(reply.getTask()))));
    }

    // the size of the raw output takes a query per task, so only a single read has it
    private static ObjectNode listed(Task task) {
        ObjectNode json = Json.task(task);
        json.remove("rawAvailable");
        return json;
    }

    private static ObjectNode wrapped(ObjectNode task) {
        ObjectNode json = Json.object();
        json.set("task", task);
        return json;
    }
}
