package dev.muster.fanout.resources.output;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.Ask;
import dev.muster.fanout.http.ByteRange;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.http.HangUps;
import dev.muster.fanout.http.NodeAccess;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.http.Timed;
import dev.muster.fanout.output.BlockSource;
import dev.muster.fanout.output.Downloads;
import dev.muster.fanout.output.OutputEnd;
import dev.muster.fanout.output.RawOutput;
import dev.muster.fanout.output.Repeat;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import io.javalin.config.RoutesConfig;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** A task's output: clean text, raw bytes with ranges, or a recording. */
public final class OutputCall {
    /** The registry's view of the output can be behind the news that the task has ended. */
    static final Duration SETTLE = Duration.ofSeconds(45);

    private static final long WAIT_SECONDS_MAX = 3_600;
    private static final Duration SETTLE_PAUSE = Duration.ofMillis(50);
    private static final Duration SETTLE_PAUSE_MAX = Duration.ofSeconds(1);
    private static final String BINARY = "application/octet-stream";
    private static final String RECORDING = "application/x-asciicast";

    private final Api api;
    private final RegistryClient registry;
    private final RawOutput raw;
    private final Downloads downloads;
    private final Limits limits;
    private final Problems problems;
    private final Clock clock;
    private final HangUps hangUps;
    private final AwaitedOutput.Pauses pauses;

    /**
     * @param time within which a download must be read
     * @param silence a follower that is sent nothing for this long is cut
     */
    public record Limits(Duration time, Duration silence) {}

    public OutputCall(
            Api api,
            RegistryClient registry,
            RawOutput raw,
            Downloads downloads,
            Limits limits,
            Problems problems,
            Clock clock,
            HangUps hangUps,
            Executor executor) {
        this.api = api;
        this.registry = registry;
        this.raw = raw;
        this.downloads = downloads;
        this.limits = limits;
        this.problems = problems;
        this.clock = clock;
        this.hangUps = hangUps;
        this.pauses = AwaitedOutput.Pauses.on(executor);
    }

    public void addTo(RoutesConfig routes) {
        api.read(routes, "/api/v1/nodes/{nodeId}/tasks/{taskId}/output", api.guarded(this::read));
    }

    private CompletableFuture<Answer> read(Ask ask) {
        String nodeId = ask.nodeId();
        String taskId = ask.taskId();
        String format = ask.query("format").orElse("text");
        if (!format.equals("text") && !format.equals("raw") && !format.equals("asciicast")) {
            throw Fields.invalid("'format' is none of text, raw, asciicast.");
        }
        long version = ask.number("version", 2, 3).orElse(2L);
        boolean follow = ask.flag("follow");
        if (follow && !format.equals("raw")) {
            throw Fields.invalid("'follow' is of format=raw.");
        }
        if (!follow && (ask.query("from").isPresent() || ask.query("wait").isPresent())) {
            throw Fields.invalid("'from' and 'wait' are of follow=true.");
        }
        return NodeAccess.require(registry, ask, Role.ROLE_WATCH)
                .thenCompose(view -> reads(ask)
                        .getTask(nodeId, taskId)
                        .thenCompose(task -> settled(ask, task, view.getState(), !format.equals("raw"))
                                .thenCompose(head -> switch (format) {
                                    case "raw" ->
                                        follow
                                                ? following(ask, task, view.getState(), head)
                                                : raw(ask, task, view.getState(), head);
                                    case "asciicast" -> recording(ask, task, head, (int) version);
                                    default -> text(ask, task, head);
                                })));
    }

    /** The registry, asked for the user. */
    private RegistryClient reads(Ask ask) {
        return registry.of(ask.user().name());
    }

    private CompletableFuture<Optional<RawOutput.Head>> settled(Ask ask, Task task, NodeState node, boolean whole) {
        return hangUps.watched(ask, context -> settled(reads(ask).within(context), task, node, whole));
    }

    /**
     * The present output; empty if there never was any.
     *
     * @param whole for an ended task: wait until the registry has all of it, or until it is clear that the rest will
     *     not come
     */
    private CompletableFuture<Optional<RawOutput.Head>> settled(
            RegistryClient reads, Task task, NodeState node, boolean whole) {
        long sinceNanos = System.nanoTime();
        AtomicLong pauseMillis = new AtomicLong(SETTLE_PAUSE.toMillis());
        return Repeat.until(() -> head(reads, task).thenCompose(head -> {
            boolean behind =
                    head.map(known -> whole && isOver(task) && !known.ended()).orElse(task.getOutputBytes() > 0);
            if (!behind || isReached(task, node, head)) {
                return CompletableFuture.completedFuture(Optional.of(head));
            }
            if (System.nanoTime() - sinceNanos > SETTLE.toNanos()) {
                throw new MusterException(
                        ErrorCode.UNAVAILABLE, "The end of this output has not reached the registry yet.");
            }
            long pause = pauseMillis.getAndUpdate(last -> Math.min(SETTLE_PAUSE_MAX.toMillis(), last * 3 / 2));
            return pauses.pause(Duration.ofMillis(pause)).thenApply(waited -> Optional.empty());
        }));
    }

    private CompletableFuture<Optional<RawOutput.Head>> head(RegistryClient reads, Task task) {
        return raw.head(reads, task.getNodeId(), task.getTaskId())
                .thenApply(Optional::of)
                .exceptionally(error -> {
                    if (Problems.problemOf(error).code() == ErrorCode.NOT_FOUND) {
                        return Optional.empty();
                    }
                    throw Problems.problemOf(error);
                });
    }

    private boolean isReached(Task task, NodeState node, Optional<RawOutput.Head> head) {
        return OutputEnd.isReached(task, head.map(RawOutput.Head::size).orElse(0L), node, clock.millis());
    }

    /** Bytes that the task printed and that never came; 0 if all came, or may still come. */
    private static long missing(Task task, Optional<RawOutput.Head> head) {
        return isOver(task) && !head.map(RawOutput.Head::ended).orElse(false)
                ? OutputEnd.missing(task, head.map(RawOutput.Head::size).orElse(0L))
                : 0;
    }

    private static MusterException neverCame(long bytes) {
        return new MusterException(
                ErrorCode.RAW_EXPIRED,
                "The last " + bytes + " bytes of this output never came; ask for a range before them.");
    }

    // of a lost task no end may ever come
    private static boolean isOver(Task task) {
        TaskState state = task.getState();
        return state == TaskState.SUCCEEDED
                || state == TaskState.FAILED
                || ((state == TaskState.CANCELLED || state == TaskState.TIMED_OUT) && OutputEnd.hasBegun(task));
    }

    private CompletableFuture<Answer> raw(Ask ask, Task task, NodeState node, Optional<RawOutput.Head> head) {
        // the agent told the size when the task ended; the bytes are in the topic, however far the registry is
        boolean ended = isOver(task) || head.map(RawOutput.Head::ended).orElse(true);
        long size = head.map(known -> ended && !known.ended() ? task.getOutputBytes() : known.size())
                .orElse(isOver(task) ? task.getOutputBytes() : 0L);
        String tag = "\"" + task.getTaskId() + "-" + size + "\"";
        Optional<ByteRange> range;
        try {
            String condition = ask.ctx().header("If-Range");
            range = condition == null || condition.equals(tag)
                    ? ByteRange.of(ask.ctx().header("Range"), size)
                    : Optional.empty();
        } catch (MusterException e) {
            return CompletableFuture.completedFuture(problems.answer(e).with("Content-Range", "bytes */" + size));
        }
        ByteRange wanted = range.orElse(new ByteRange(0, size));
        long missing = missing(task, head);
        if (missing > 0 && wanted.to() > size - missing && isReached(task, node, head)) {
            throw neverCame(missing);
        }
        CompletableFuture<BlockSource> body = wanted.length() == 0
                ? CompletableFuture.completedFuture(BlockSource.of(new byte[0]))
                : download(
                        ask, () -> raw.raw(reads(ask), task.getNodeId(), task.getTaskId(), wanted.from(), wanted.to()));
        return body.thenApply(source -> {
            Answer answer = Answer.stream(range.isPresent() ? 206 : 200, BINARY, source, wanted.length())
                    .with("Accept-Ranges", "bytes")
                    .with("Content-Disposition", "attachment; filename=\"" + task.getTaskId() + ".raw\"");
            if (ended) {
                answer = answer.with("ETag", tag);
            }
            return range.isPresent() ? answer.with("Content-Range", wanted.contentRange(size)) : answer;
        });
    }

    private CompletableFuture<Answer> following(Ask ask, Task task, NodeState node, Optional<RawOutput.Head> head) {
        long from = ask.number("from", 0, Long.MAX_VALUE).orElse(0L);
        long missing = OutputEnd.missing(task, 0);
        if (head.isEmpty() && missing > 0 && isReached(task, node, head)) {
            throw neverCame(missing);
        }
        Optional<Long> wait = ask.number("wait", 1, WAIT_SECONDS_MAX);
        boolean ended = head.map(RawOutput.Head::ended).orElse(isOver(task) && task.getOutputBytes() == 0);
        Downloads.Permit permit = downloads.follow(ask.user());
        Supplier<CompletableFuture<BlockSource>> begin = () -> raw.follow(
                reads(ask),
                permit,
                task.getNodeId(),
                task.getTaskId(),
                from,
                size -> missingAtEnd(reads(ask), task, size));
        CompletableFuture<BlockSource> body;
        if (head.isEmpty()) {
            body = CompletableFuture.completedFuture(
                    new AwaitedOutput(begin, () -> permitted(ask, task), pauses, permit::close));
        } else if (from < head.get().size() && !permit.work()) {
            permit.close();
            throw Downloads.tooMany("downloads of output");
        } else {
            body = begun(begin);
        }
        // of an output that has ended, an end without the rest would look complete
        boolean mayEnd = wait.isPresent() && !ended;
        Duration silence = mayEnd ? Duration.ofSeconds(wait.orElseThrow()) : limits.silence();
        return body.thenApply(source -> Answer.stream(200, BINARY, Timed.follower(source, silence, mayEnd), -1)
                        // otherwise a proxy holds the output back until it has a full buffer
                        .with("X-Accel-Buffering", "no")
                        .with("Muster-Ended", Boolean.toString(ended)))
                .whenComplete((answer, error) -> {
                    if (error != null) {
                        permit.close();
                    }
                });
    }

    /** A body that is one of the downloads until it is closed. */
    private CompletableFuture<BlockSource> download(Ask ask, Supplier<CompletableFuture<BlockSource>> open) {
        Downloads.Permit permit = downloads.take(ask.user());
        return begun(open)
                .thenApply(body -> Timed.download(body, permit, limits.time()))
                .whenComplete((body, error) -> {
                    if (error != null) {
                        permit.close();
                    }
                });
    }

    private static CompletableFuture<BlockSource> begun(Supplier<CompletableFuture<BlockSource>> open) {
        try {
            return open.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** The present task, if the user may still read its output. */
    private CompletableFuture<Task> permitted(Ask ask, Task task) {
        return NodeAccess.require(registry, ask, task.getNodeId(), Role.ROLE_WATCH)
                .thenCompose(view -> reads(ask).getTask(task.getNodeId(), task.getTaskId()));
    }

    /** For a terminal without an end: empty while more may come, else the number of bytes that never came. */
    private CompletableFuture<Optional<Long>> missingAtEnd(RegistryClient reads, Task asked, long size) {
        return reads.getTask(asked.getNodeId(), asked.getTaskId())
                .thenCombine(
                        reads.getNode(asked.getNodeId()),
                        (task, view) -> OutputEnd.isReached(task, size, view.getState(), clock.millis())
                                ? Optional.of(OutputEnd.missing(task, size))
                                : Optional.empty());
    }

    private CompletableFuture<Answer> recording(Ask ask, Task task, Optional<RawOutput.Head> head, int version) {
        if (head.isEmpty()) {
            throw new MusterException(ErrorCode.NOT_FOUND, "This task has no output yet.");
        }
        long missing = missing(task, head);
        if (missing > 0) {
            throw neverCame(missing);
        }
        long size = head.get().size();
        return download(
                        ask,
                        () -> raw.recording(
                                reads(ask),
                                task.getNodeId(),
                                task.getTaskId(),
                                version,
                                task.getStartedAtMillis(),
                                size))
                .thenApply(source -> Answer.stream(200, RECORDING, source, -1)
                        .with("Content-Disposition", "attachment; filename=\"" + task.getTaskId() + ".cast\""));
    }

    private CompletableFuture<Answer> text(Ask ask, Task task, Optional<RawOutput.Head> head) {
        long missing = missing(task, head);
        byte[] last = missing == 0
                ? new byte[0]
                : ("[... " + missing + " bytes lost ...]\n").getBytes(StandardCharsets.UTF_8);
        CompletableFuture<BlockSource> body = head.isEmpty()
                ? CompletableFuture.completedFuture(BlockSource.of(last))
                : download(ask, () -> TextOutput.open(reads(ask), task.getNodeId(), task.getTaskId(), last));
        return body.thenApply(source -> Answer.stream(200, Answer.TEXT, source, -1));
    }
}
