package dev.muster.fanout.lines;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.log.tokens.ClusterIdentity;
import dev.muster.fanout.log.tokens.ResumeRefusal;
import dev.muster.fanout.log.tokens.ResumeTokens;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Signs and reads cursors: a resume token of the feed's form, under a key of its own, with offsets in the topic of
 * lines and the scope in place of the audiences. Any gateway with the same key reads it. Thread-safe.
 */
final class LineCursors {
    private final byte[] key;
    private final LongAdder refused = new LongAdder();
    private final LongAdder expired = new LongAdder();
    private volatile @Nullable Known known;

    private record Known(ClusterIdentity identity, ResumeTokens tokens) {}

    /** Where a call begins. */
    record Start(Map<Integer, Long> position, Optional<Expiry> expired) {}

    LineCursors(byte[] key) {
        this.key = key.clone();
    }

    String cursor(LinesRequest request, ClusterIdentity identity, Map<Integer, Long> position) {
        return tokens(identity).issuer(request.user(), request.scope().name()).issue(position);
    }

    /** @throws MusterException {@code invalid} if the cursor is not one of ours, or was made for another call */
    Start start(LinesRequest request, LinesLog.Facts facts) {
        if (request.cursor().isEmpty()) {
            return new Start(beginning(request, facts), Optional.empty());
        }
        if (request.cursor().equals(LinesRequest.NOW)) {
            Map<Integer, Long> ends = new TreeMap<>();
            request.scope()
                    .partitions()
                    .forEach(each -> ends.put(each, span(facts, each).end()));
            return new Start(ends, Optional.empty());
        }
        ResumeTokens.Verdict verdict = tokens(facts.identity())
                .verify(request.cursor(), request.user(), request.scope().name());
        ResumeRefusal refusal = verdict.refusal() == null ? ResumeRefusal.NONE : verdict.refusal();
        return switch (refusal) {
            case NONE -> clamped(request, facts, verdict.position());
            case OTHER_CLUSTER, TOPIC_RECREATED -> expired(request, facts, Expiry.TOPIC_RECREATED);
            case OTHER_VERSION -> expired(request, facts, Expiry.OTHER_VERSION);
            case OTHER_USER -> throw refuse("was made for another user");
            case AUDIENCES_CHANGED -> throw refuse("was made for another node, or for all nodes");
            case INVALID, EXPIRED, AHEAD -> throw refuse("is not one of Muster's, or was changed");
        };
    }

    /** The position in what the topic has now. */
    Start clamped(LinesRequest request, LinesLog.Facts facts, Map<Integer, Long> wanted) {
        Map<Integer, Long> position = new TreeMap<>();
        Optional<Expiry> why = Optional.empty();
        for (int partition : request.scope().partitions()) {
            LinesLog.Span span = span(facts, partition);
            // a partition that the cursor does not name is read from its beginning
            long offset = wanted.getOrDefault(partition, span.from());
            if (offset < span.from()) {
                why = Optional.of(Expiry.RETENTION);
            } else if (offset > span.end() && why.isEmpty()) {
                why = Optional.of(Expiry.RECORDS_LOST);
            }
            position.put(partition, Math.min(span.end(), Math.max(span.from(), offset)));
        }
        why.ifPresent(counted -> expired.increment());
        return new Start(position, why);
    }

    Start expired(LinesRequest request, LinesLog.Facts facts, Expiry why) {
        expired.increment();
        return new Start(beginning(request, facts), Optional.of(why));
    }

    /** Cursors refused so far. */
    long refused() {
        return refused.sum();
    }

    /** Cursors so far after which lines may be missing. */
    long expired() {
        return expired.sum();
    }

    private static Map<Integer, Long> beginning(LinesRequest request, LinesLog.Facts facts) {
        Map<Integer, Long> first = new TreeMap<>();
        request.scope()
                .partitions()
                .forEach(each -> first.put(each, span(facts, each).from()));
        return first;
    }

    static LinesLog.Span span(LinesLog.Facts facts, int partition) {
        LinesLog.@Nullable Span span = facts.spans().get(partition);
        if (span == null) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "The broker left out a partition of the topic of lines.");
        }
        return span;
    }

    private MusterException refuse(String why) {
        refused.increment();
        return new MusterException(ErrorCode.INVALID, "'cursor' " + why + "; begin with an empty one, or with 'now'.");
    }

    private ResumeTokens tokens(ClusterIdentity identity) {
        @Nullable Known last = known;
        if (last == null || !last.identity().equals(identity)) {
            last = new Known(identity, new ResumeTokens(key, identity));
            known = last;
        }
        return last.tokens();
    }
}
