package dev.muster.fanout.api;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import io.javalin.config.RoutesConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Clean lines of a node's terminals, as text or JSON. */
public final class HistoryCall {
    private static final int LINES_DEFAULT = 200;
    private static final int LINES_MAX = 10_000;
    private static final int GREP_CHARS_MAX = 512;

    private final Api api;
    private final RegistryClient registry;

    public HistoryCall(Api api, RegistryClient registry) {
        this.api = api;
        this.registry = registry;
    }

    public void addTo(RoutesConfig routes) {
        api.read(routes, "/api/v1/nodes/{nodeId}/history", api.guarded(this::read));
    }

    private CompletableFuture<Answer> read(Ask ask) {
        ReadHistoryRequest request = request(ask);
        boolean json = isJson(ask);
        return NodeAccess.require(registry, ask, Role.ROLE_WATCH)
                .thenCompose(view -> terminals(request))
                .thenCompose(terminals -> tasks(ask.nodeId(), terminals)
                        .thenApply(tasks -> json
                                ? Answer.json(
                                        200,
                                        HistoryText.json(
                                                terminals,
                                                tasks,
                                                !request.getGrep().isEmpty()
                                                        && request.getTerminalId()
                                                                .isEmpty()))
                                : Answer.text(
                                        200,
                                        HistoryText.text(
                                                terminals,
                                                tasks,
                                                !request.getGrep().isEmpty(),
                                                request.getBytesMax()))));
    }

    // the terminal of a task that waits, or has just begun, is there and has no lines yet
    private CompletableFuture<List<TerminalHistory>> terminals(ReadHistoryRequest request) {
        String id = request.getTerminalId();
        return registry.readHistory(request)
                .thenApply(ReadHistoryResponse::getTerminalsList)
                .exceptionallyCompose(error ->
                        id.isEmpty() || Problems.problemOf(error).code() != ErrorCode.NOT_FOUND
                                ? CompletableFuture.failedFuture(error)
                                : registry.getTask(request.getNodeId(), id)
                                        .thenApply(task -> List.of(TerminalHistory.newBuilder()
                                                .setTerminalId(id)
                                                .build())));
    }

    private static ReadHistoryRequest request(Ask ask) {
        ReadHistoryRequest.Builder request = ReadHistoryRequest.newBuilder().setNodeId(ask.nodeId());
        Optional<String> terminal = ask.query("terminal");
        terminal.ifPresent(id -> {
            if (!Ids.isId(Ids.Kind.TASK, id)) {
                throw new MusterException(ErrorCode.NOT_FOUND, "There is no such terminal.");
            }
            request.setTerminalId(id);
        });
        request.setLines(Math.toIntExact(ask.number("lines", 1, LINES_MAX).orElse((long) LINES_DEFAULT)));
        Optional<Long> before = ask.number("before", 0, Long.MAX_VALUE);
        Optional<Long> after = ask.number("after", 0, Long.MAX_VALUE);
        if (terminal.isEmpty() && (before.isPresent() || after.isPresent())) {
            throw Fields.invalid("'before' and 'after' count the lines of one terminal: name it with 'terminal'.");
        }
        before.ifPresent(request::setBefore);
        after.ifPresent(request::setAfter);
        ask.query("grep").ifPresent(pattern -> {
            if (pattern.length() > GREP_CHARS_MAX) {
                throw Fields.invalid("'grep' is longer than " + GREP_CHARS_MAX + " characters.");
            }
            request.setGrep(pattern);
        });
        ask.number("maxBytes", 1, Long.MAX_VALUE).ifPresent(request::setBytesMax);
        return request.build();
    }

    private static boolean isJson(Ask ask) {
        return switch (ask.query("format").orElse("text")) {
            case "text" -> false;
            case "json" -> true;
            default -> throw Fields.invalid("'format' is neither text nor json.");
        };
    }

    // at most as many as a page of recent terminals has, all asked at once
    private CompletableFuture<Map<String, Task>> tasks(String nodeId, List<TerminalHistory> terminals) {
        Map<String, Task> found = new TreeMap<>();
        CompletableFuture<?>[] asked = terminals.stream()
                .map(TerminalHistory::getTerminalId)
                .map(id -> registry.getTask(nodeId, id)
                        .exceptionally(error -> unknown(error))
                        .thenAccept(task -> {
                            synchronized (found) {
                                found.put(id, task);
                            }
                        }))
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(asked).thenApply(done -> found);
    }

    // a terminal can outlive the record of its task
    private static Task unknown(Throwable error) {
        if (Problems.problemOf(error).code() == ErrorCode.NOT_FOUND) {
            return Task.getDefaultInstance();
        }
        throw Problems.problemOf(error);
    }
}
