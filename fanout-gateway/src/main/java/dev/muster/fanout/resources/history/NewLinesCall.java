package dev.muster.fanout.resources.history;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Partitions;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.Ask;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.http.HangUps;
import dev.muster.fanout.http.NodeAccess;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.http.Timed;
import dev.muster.fanout.lines.LineScope;
import dev.muster.fanout.lines.LinesPage;
import dev.muster.fanout.lines.LinesRequest;
import dev.muster.fanout.lines.NewLines;
import dev.muster.fanout.output.Downloads;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.records.v1.Role;
import io.grpc.Context;
import io.javalin.config.RoutesConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Reading on: the lines of every terminal after a cursor, of one node or of all nodes that the user may see. */
public final class NewLinesCall {
    static final String CURSOR = "cursor";
    static final int BYTES_DEFAULT = 256 << 10;
    static final int BYTES_MAX = 2 << 20;
    static final int WAIT_SECONDS_MAX = 60;

    /** Of a node's history, but they select lines, and a cursor is a place among all lines. */
    private static final List<String> OTHERS = List.of("terminal", "lines", "before", "after", "grep");

    private final Api api;
    private final RegistryClient registry;
    private final NewLines lines;
    private final Partitions partitions;
    private final Downloads downloads;
    private final Duration time;
    private final Standing standing;
    private final HangUps hangUps;

    /** @param time within which an answer must be taken */
    public NewLinesCall(
            Api api,
            RegistryClient registry,
            NewLines lines,
            Partitions partitions,
            Downloads downloads,
            Duration time,
            Standing standing,
            HangUps hangUps) {
        this.api = api;
        this.registry = registry;
        this.lines = lines;
        this.partitions = partitions;
        this.downloads = downloads;
        this.time = time;
        this.standing = standing;
        this.hangUps = hangUps;
    }

    void addTo(RoutesConfig routes) {
        api.read(routes, "/api/v1/history", api.guarded(this::ofAll));
    }

    /** Whether a call to a node's history is one of these. */
    static boolean isAsked(Ask ask) {
        return !ask.queries(CURSOR).isEmpty();
    }

    CompletableFuture<Answer> ofNode(Ask ask) {
        for (String other : OTHERS) {
            if (ask.query(other).isPresent()) {
                throw Fields.invalid("'%s' does not go with 'cursor', which brings every new line.".formatted(other));
            }
        }
        String nodeId = ask.nodeId();
        return NodeAccess.require(registry, ask, Role.ROLE_WATCH)
                .thenCompose(view -> read(ask, LineScope.ofNode(nodeId, partitions)));
    }

    private CompletableFuture<Answer> ofAll(Ask ask) {
        return read(ask, LineScope.ofAll(partitions));
    }

    private CompletableFuture<Answer> read(Ask ask, LineScope scope) {
        NewLinesFormat format = NewLinesFormat.of(ask);
        Duration wait =
                Duration.ofSeconds(ask.number("wait", 0, WAIT_SECONDS_MAX).orElse(0L));
        LinesRequest request = new LinesRequest(
                ask.user().name(),
                scope,
                ask.query(CURSOR).orElse(""),
                Math.toIntExact(ask.number("maxBytes", 1, BYTES_MAX).orElse((long) BYTES_DEFAULT)),
                wait);
        Downloads.Permit permit = wait.isZero() ? downloads.take(ask.user()) : downloads.follow(ask.user());
        return page(ask, request, permit)
                .thenApply(page -> {
                    standingEnded(ask).ifPresent(why -> {
                        throw why;
                    });
                    Answer answer = format.answer(request, page);
                    return new Answer(
                            answer.status(),
                            answer.headers(),
                            Timed.download(answer.body(), permit, time),
                            answer.length(),
                            null);
                })
                .whenComplete((answer, error) -> {
                    if (error != null) {
                        permit.close();
                    }
                });
    }

    private CompletableFuture<LinesPage> page(Ask ask, LinesRequest request, Downloads.Permit permit) {
        try {
            return hangUps.watched(ask, context -> {
                RegistryClient reads = registry.of(ask.user().name()).within(context);
                boolean one = request.scope().nodeId().isPresent();
                return lines.read(
                        request, nodeId -> nameOf(reads, ask, nodeId, one), permit, () -> ended(ask, context));
            });
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private Optional<MusterException> ended(Ask ask, Context context) {
        return context.isCancelled()
                ? Optional.of(new MusterException(ErrorCode.INVALID, "The client hung up."))
                : standingEnded(ask);
    }

    private Optional<MusterException> standingEnded(Ask ask) {
        return standing.ended(ask.user()).map(why -> new MusterException(ErrorCode.UNAUTHENTICATED, why));
    }

    private static CompletableFuture<Optional<String>> nameOf(
            RegistryClient reads, Ask ask, String nodeId, boolean one) {
        return NodeAccess.require(reads, ask, nodeId, Role.ROLE_WATCH)
                .thenApply(view -> Optional.of(view.getNode().getName()))
                .exceptionally(error -> {
                    MusterException problem = Problems.problemOf(error);
                    boolean hidden = problem.code() == ErrorCode.NOT_FOUND || problem.code() == ErrorCode.FORBIDDEN;
                    if (one || !hidden) {
                        throw problem;
                    }
                    return Optional.empty();
                });
    }
}
