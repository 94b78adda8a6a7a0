package dev.muster.fanout.lines;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.output.Downloads;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.jspecify.annotations.Nullable;

/**
 * One call, step by step. It reads slices until it has what the topic had when the call began, or until the answer or
 * the budget is full. If there is nothing new, it waits as long as the call asks for; each wait is followed by a new
 * budget, so a call ends within its wait and one budget. In the end it checks that the topic is still the one that it
 * began with. Not thread-safe: a step begins when the last one is over.
 */
final class Reading {
    /** Different nodes in one slice: each is asked for. */
    private static final int NODES_MAX = 256;
    /** How often a topic may be recreated during one call. */
    private static final int TOPICS_MAX = 3;
    /** The broker has records for the call, and delivers none of them for so long. */
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(10);

    /**
     * What all calls share.
     *
     * @param recent facts about every partition, asked for after the last pause began
     * @param executor on which a call goes on
     */
    record Parts(
            LinesLog log,
            Supplier<CompletableFuture<LinesLog.Facts>> recent,
            LinePool pool,
            LineCursors cursors,
            LinesConfig.Budget budget,
            Supplier<CompletableFuture<Void>> pause,
            Executor executor) {}

    private final LinesRequest request;
    private final NewLines.Access access;
    private final Downloads.Permit permit;
    private final Supplier<Optional<MusterException>> ended;
    private final Parts parts;
    private final long startNanos = System.nanoTime();

    private LinesLog.Facts facts;
    private Map<Integer, Long> position;
    private Optional<Expiry> expired;
    private LineBlocks blocks = new LineBlocks();
    private long bytes;
    private long bytesRead;
    private long unreadable;
    private boolean full;
    private boolean checked = true;
    private int topics = 1;
    private long readsSinceNanos = startNanos;
    private long movedNanos = startNanos;

    Reading(
            LinesRequest request,
            LinesLog.Facts facts,
            NewLines.Access access,
            Downloads.Permit permit,
            Supplier<Optional<MusterException>> ended,
            Parts parts) {
        this.request = request;
        this.facts = facts;
        this.access = access;
        this.permit = permit;
        this.ended = ended;
        this.parts = parts;
        LineCursors.Start start = parts.cursors().start(request, facts);
        this.position = start.position();
        this.expired = start.expired();
    }

    /** The answer, or nothing yet. */
    CompletableFuture<Optional<LinesPage>> step() {
        Optional<MusterException> why = ended.get();
        if (why.isPresent()) {
            return CompletableFuture.failedFuture(why.get());
        }
        if (isAtEnd() && blocks.isEmpty() && expired.isEmpty() && waitsOn()) {
            permit.rest();
            return parts.pause()
                    .get()
                    .thenCompose(paused -> look(parts.recent().get()))
                    .thenApply(this::rested);
        }
        if (isAtEnd() || isOver()) {
            return checked ? answer() : check();
        }
        if (!permit.work()) {
            return CompletableFuture.failedFuture(Downloads.tooMany("downloads of output"));
        }
        return slice();
    }

    /** The budget is for reading, and nothing was read while the call waited: it begins again. */
    private Optional<LinesPage> rested(Optional<LinesPage> answer) {
        readsSinceNanos = System.nanoTime();
        movedNanos = readsSinceNanos;
        bytesRead = 0;
        full = false;
        return answer;
    }

    private boolean isAtEnd() {
        return position.entrySet().stream()
                .allMatch(each -> each.getValue()
                        >= LineCursors.span(facts, each.getKey()).end());
    }

    // a call that has got nowhere yet goes on: its client would come again with the same cursor
    private boolean isOver() {
        boolean used = bytesRead >= parts.budget().bytesMax()
                || System.nanoTime() - readsSinceNanos > parts.budget().time().toNanos();
        return full || bytes >= request.bytesMax() || (used && bytesRead > 0);
    }

    private boolean waitsOn() {
        return System.nanoTime() - startNanos < request.patience().toNanos();
    }

    private CompletableFuture<Optional<LinesPage>> answer() {
        return CompletableFuture.completedFuture(Optional.of(new LinesPage(
                blocks.blocks(),
                parts.cursors().cursor(request, facts.identity(), position),
                !isAtEnd(),
                expired,
                unreadable)));
    }

    /** What was read counts only if the topic is still the same. */
    private CompletableFuture<Optional<LinesPage>> check() {
        return parts.log()
                .identity()
                .thenComposeAsync(
                        identity -> {
                            checked = true;
                            return identity.equals(facts.identity()) ? again() : look(factsNow());
                        },
                        parts.executor());
    }

    private CompletableFuture<LinesLog.Facts> factsNow() {
        return parts.log().facts(request.scope().partitions());
    }

    /** Goes on in what the topic has now. */
    private CompletableFuture<Optional<LinesPage>> look(CompletableFuture<LinesLog.Facts> asked) {
        return asked.thenComposeAsync(
                now -> {
                    boolean same = now.identity().equals(facts.identity());
                    facts = now;
                    LineCursors.Start start = same
                            ? parts.cursors().clamped(request, now, position)
                            : parts.cursors().expired(request, now, Expiry.TOPIC_RECREATED);
                    position = start.position();
                    expired = start.expired().or(() -> expired);
                    if (!same) {
                        blocks = new LineBlocks();
                        bytes = 0;
                        full = false;
                        topics++;
                    }
                    return topics > TOPICS_MAX ? CompletableFuture.failedFuture(away()) : again();
                },
                parts.executor());
    }

    private CompletableFuture<Optional<LinesPage>> slice() {
        checked = false;
        return parts.pool()
                .read(new LinePool.Wanted(
                        facts.identity().viewsTopicId(),
                        request.scope().nodeId(),
                        waiting(),
                        ends(),
                        request.bytesMax() - bytes,
                        bytes == 0,
                        Math.max(1, parts.budget().bytesMax() - bytesRead),
                        NODES_MAX))
                .thenComposeAsync(this::taken, parts.executor())
                .exceptionallyCompose(error -> {
                    Throwable cause =
                            error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
                    // retention has overtaken the call, or the topic is another one
                    return cause instanceof OffsetOutOfRangeException && !isStuck()
                            ? parts.pause().get().thenCompose(paused -> look(factsNow()))
                            : CompletableFuture.failedFuture(
                                    cause instanceof OffsetOutOfRangeException ? away() : cause);
                });
    }

    /** Partitions that have something to read. */
    private Map<Integer, Long> waiting() {
        Map<Integer, Long> from = new HashMap<>(position);
        from.entrySet()
                .removeIf(each -> each.getValue()
                        >= LineCursors.span(facts, each.getKey()).end());
        return from;
    }

    private Map<Integer, Long> ends() {
        Map<Integer, Long> ends = new HashMap<>();
        facts.spans().forEach((partition, span) -> ends.put(partition, span.end()));
        return ends;
    }

    private CompletableFuture<Optional<LinesPage>> taken(LinePool.Slice slice) {
        Map<String, CompletableFuture<Optional<String>>> names = new HashMap<>();
        slice.found().forEach(found -> names.computeIfAbsent(found.nodeId(), access::nameOf));
        List<CompletableFuture<Optional<String>>> all = new ArrayList<>(names.values());
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).thenCompose(asked -> {
            Map<String, String> visible = new HashMap<>();
            names.forEach((nodeId, name) -> name.join().ifPresent(known -> visible.put(nodeId, known)));
            boolean moved = false;
            for (Map.Entry<Integer, Long> next : slice.next().entrySet()) {
                moved |= !next.getValue().equals(position.put(next.getKey(), next.getValue()));
            }
            for (LinePool.Found found : slice.found()) {
                @Nullable String name = visible.get(found.nodeId());
                if (name != null) {
                    blocks.add(found.nodeId(), name, found.lines());
                    bytes += found.bytes();
                }
            }
            bytesRead += slice.bytesRead();
            unreadable += slice.unreadable();
            // lines that the user may not see take no room in the answer
            full = slice.full() && visible.size() == names.size();
            if (moved) {
                movedNanos = System.nanoTime();
            }
            return isStuck() ? CompletableFuture.failedFuture(away()) : again();
        });
    }

    private boolean isStuck() {
        return System.nanoTime() - movedNanos > STUCK_NANOS;
    }

    private static MusterException away() {
        return new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now.");
    }

    private static CompletableFuture<Optional<LinesPage>> again() {
        return CompletableFuture.completedFuture(Optional.empty());
    }
}
