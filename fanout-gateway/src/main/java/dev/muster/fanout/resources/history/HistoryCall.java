package dev.muster.fanout.resources.history;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.history.PatternSize;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.AnswerShares;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.Ask;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.http.HangUps;
import dev.muster.fanout.http.NodeAccess;
import dev.muster.fanout.http.Problems;
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

    private final Api api;
    private final RegistryClient registry;
    private final AnswerShares shares;
    private final HangUps hangUps;
    private final NewLinesCall newLines;

    /**
     * @param shares what of all answers of this kind are under way
     * @param newLines answers what has a cursor
     */
    public HistoryCall(Api api, RegistryClient registry, AnswerShares shares, HangUps hangUps, NewLinesCall newLines) {
        this.api = api;
        this.registry = registry;
        this.shares = shares;
        this.hangUps = hangUps;
        this.newLines = newLines;
    }

    public void addTo(RoutesConfig routes) {
        api.read(routes, "/api/v1/nodes/{nodeId}/history", api.guarded(this::read));
        newLines.addTo(routes);
    }

    private CompletableFuture<Answer> read(Ask ask) {
        if (NewLinesCall.isAsked(ask)) {
            return newLines.ofNode(ask);
        }
        if (ask.query("wait").isPresent()) {
            throw Fields.invalid("'wait' is of a call with 'cursor'.");
        }
        ReadHistoryRequest request = request(ask);
        boolean json = isJson(ask);
        return shares.counted(
                ask.user(),
                () -> hangUps.watched(ask, context -> {
                    RegistryClient reads = registry.of(ask.user().name()).within(context);
                    return NodeAccess.require(reads, ask, Role.ROLE_WATCH)
                            .thenCompose(view -> terminals(reads, request)
                                    .thenCompose(terminals -> tasks(reads, ask.nodeId(), terminals)
                                            .thenApply(tasks -> answer(
                                                    json,
                                                    request,
                                                    view.getNode().getName(),
                                                    terminals,
                                                    tasks))));
                }));
    }

    private static Answer answer(
            boolean json,
            ReadHistoryRequest request,
            String nodeName,
            List<TerminalHistory> terminals,
            Map<String, Task> tasks) {
        return json
                ? Answer.json(200, HistoryText.json(request, nodeName, terminals, tasks))
                : Answer.text(200, HistoryText.text(request, nodeName, terminals, tasks));
    }

    // the terminal of a task that waits, or has just begun, is there and has no lines yet
    private static CompletableFuture<List<TerminalHistory>> terminals(
            RegistryClient reads, ReadHistoryRequest request) {
        String id = request.getTerminalId();
        return reads.readHistory(request)
                .thenApply(ReadHistoryResponse::getTerminalsList)
                .exceptionallyCompose(error ->
                        id.isEmpty() || Problems.problemOf(error).code() != ErrorCode.NOT_FOUND
                                ? CompletableFuture.failedFuture(error)
                                : reads.getTask(request.getNodeId(), id)
                                        .thenApply(task -> List.of(TerminalHistory.newBuilder()
                                                .setTerminalId(id)
                                                .build())));
    }

    private static ReadHistoryRequest request(Ask ask) {
        ReadHistoryRequest.Builder request = ReadHistoryRequest.newBuilder().setNodeId(ask.nodeId());
        Optional<String> terminal = ask.query("terminal");
        terminal.ifPresent(id -> {
            if (!Ids.isId(Ids.Kind.TASK, id)) {
                throw Fields.invalid("'terminal' is not the id of a task.");
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
            PatternSize.check(pattern);
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
    private static CompletableFuture<Map<String, Task>> tasks(
            RegistryClient reads, String nodeId, List<TerminalHistory> terminals) {
        Map<String, Task> found = new TreeMap<>();
        CompletableFuture<?>[] asked = terminals.stream()
                .map(TerminalHistory::getTerminalId)
                .map(id -> reads.getTask(nodeId, id)
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
