package dev.muster.fanout.testing;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Audiences;
import dev.muster.contract.topics.Partitions;
import dev.muster.fanout.registry.RegistryReads;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.LeaseActive;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.LinesFrame;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.RawFrame;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import dev.muster.proto.records.v1.WatchRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A registry that works, in memory: nodes with views, terminals with lines under leases. Thread-safe; guarded by
 * itself.
 */
public final class FakeRegistryReads implements RegistryReads {
    private final Partitions partitions;
    private final MemoryTopic views;
    private final MemoryTopic output;
    private final TreeMap<String, NodeView> nodes = new TreeMap<>();
    private final Map<String, List<Task>> tasks = new HashMap<>();
    private final Map<String, Terminal> terminals = new LinkedHashMap<>();
    private @Nullable MusterException failure;
    private @Nullable Runnable betweenPages;
    private @Nullable Held held;
    private HistoryReads reads = new HistoryReads(0, 0, 0, 0);

    private record Held(TreeMap<String, NodeView> nodes, Map<Integer, Long> position) {}

    private static final class Terminal {
        private final List<String> lines = new ArrayList<>();
        private final StringBuilder raw = new StringBuilder();
        private final TreeSet<String> leases = new TreeSet<>();
        private @Nullable Exit exit;

        Mark mark() {
            return Mark.newBuilder()
                    .setOffset(raw.length())
                    .setMarkerNumber(exit != null ? 2 : raw.length() == 0 ? 0 : 1)
                    .build();
        }
    }

    public FakeRegistryReads(Partitions partitions, MemoryTopic views, MemoryTopic output) {
        this.partitions = partitions;
        this.views = views;
        this.output = output;
    }

    // ---------------------------------------------------------------- what tests make happen

    /** Every query fails like this; null: none. */
    public synchronized void fail(@Nullable MusterException failure) {
        this.failure = failure;
    }

    /** From now on lists are as they would be now: it has not read on. */
    public synchronized void hold() {
        held = new Held(new TreeMap<>(nodes), views.position());
    }

    public synchronized void goOn() {
        held = null;
    }

    /** Runs before each page of a list but the first. */
    public synchronized void betweenPages(Runnable action) {
        betweenPages = action;
    }

    /** Changes a node, or makes it, and writes the change once per audience. */
    public synchronized void put(NodeView node) {
        String id = node.getNode().getNodeId();
        @Nullable NodeView old = nodes.get(id);
        Set<String> before = old == null ? new TreeSet<>() : Audiences.ofNode(old.getNode(), partitions);
        Set<String> after = Audiences.ofNode(node.getNode(), partitions);
        nodes.put(id, node);
        Set<String> all = new TreeSet<>(before);
        all.addAll(after);
        for (String audience : all) {
            ViewRecord.Builder record = record(audience, id, node.getViewVersion(), before, after);
            views.append(
                    audience,
                    after.contains(audience)
                            ? record.setNode(node).build()
                            : record.setRemoved(dev.muster.proto.records.v1.Removed.getDefaultInstance())
                                    .build());
        }
    }

    public synchronized void remove(String id, long version) {
        @Nullable NodeView old = nodes.remove(id);
        if (old != null) {
            Set<String> before = Audiences.ofNode(old.getNode(), partitions);
            for (String audience : before) {
                views.append(
                        audience,
                        record(audience, id, version, before, new TreeSet<>())
                                .setRemoved(dev.muster.proto.records.v1.Removed.getDefaultInstance())
                                .build());
            }
        }
    }

    public synchronized void put(Task task) {
        List<Task> those = tasks.computeIfAbsent(task.getNodeId(), id -> new ArrayList<>());
        those.removeIf(each -> each.getTaskId().equals(task.getTaskId()));
        those.add(0, task);
        @Nullable NodeView node = nodes.get(task.getNodeId());
        if (node != null) {
            Set<String> audiences = Audiences.ofNode(node.getNode(), partitions);
            for (String audience : audiences) {
                views.append(
                        audience,
                        record(audience, task.getNodeId(), node.getViewVersion(), audiences, audiences)
                                .setTask(task)
                                .build());
            }
        }
    }

    /** A terminal prints a line. */
    public synchronized void print(String nodeId, String terminalId, String line) {
        Terminal terminal = terminal(terminalId);
        Mark from = terminal.mark();
        long number = terminal.lines.size();
        terminal.lines.add(line);
        terminal.raw.append(line).append("\r\n");
        emit(
                nodeId,
                terminalId,
                from,
                LinesFrame.newBuilder()
                        .addLines(Line.newBuilder().setNumber(number).setText(line))
                        .setFinal(number + 1)
                        .setNextLine(number + 1)
                        .build(),
                RawFrame.newBuilder()
                        .addChunks(OutputChunk.newBuilder()
                                .setTerminalId(terminalId)
                                .setOffset(from.getOffset())
                                .setMarkerNumber(1)
                                .setData(ByteString.copyFromUtf8(line + "\r\n")))
                        .build());
    }

    public synchronized void exit(String nodeId, String terminalId, int code) {
        Terminal terminal = terminal(terminalId);
        Mark from = terminal.mark();
        Exit exit = Exit.newBuilder().setExitCode(code).build();
        terminal.exit = exit;
        emit(
                nodeId,
                terminalId,
                from,
                LinesFrame.newBuilder()
                        .setFinal(terminal.lines.size())
                        .setNextLine(terminal.lines.size())
                        .setEnded(exit)
                        .build(),
                RawFrame.newBuilder()
                        .addChunks(OutputChunk.newBuilder()
                                .setTerminalId(terminalId)
                                .setOffset(from.getOffset())
                                .setMarkerNumber(2)
                                .setMarker(dev.muster.proto.agent.v1.Marker.newBuilder()
                                        .setExit(exit)))
                        .build());
    }

    /** Many lines that were printed before anybody watched. */
    public synchronized void printed(String terminalId, int count) {
        Terminal terminal = terminal(terminalId);
        for (int i = 0; i < count; i++) {
            terminal.lines.add("line " + i % 100);
        }
        terminal.raw.append("x".repeat(count));
    }

    /** What was asked of histories, and what was answered. */
    public synchronized HistoryReads historyReads() {
        return reads;
    }

    /**
     * @param requests number of queries
     * @param linesAsked lines that they asked for at most, together
     * @param lines that they were given
     * @param bytes of all answers
     */
    public record HistoryReads(int requests, long linesAsked, long lines, long bytes) {}

    /** Takes a watch as the registry does. */
    public synchronized void watch(WatchRecord watch) {
        Terminal terminal = terminal(watch.getTerminalId());
        String lease = watch.getUser() + " " + watch.getMode().getNumber();
        if (watch.getLeaseMillis() == 0) {
            terminal.leases.remove(lease);
            return;
        }
        terminal.leases.add(lease);
        output.append(
                watch.getUser(),
                view(watch.getNodeId(), watch.getTerminalId(), watch.getUser(), watch.getMode())
                        .setFrom(terminal.mark())
                        .setTo(terminal.mark())
                        .setLeaseActive(LeaseActive.newBuilder().setWatchId(watch.getWatchId()))
                        .build());
    }

    private void emit(String nodeId, String terminalId, Mark from, LinesFrame lines, RawFrame raw) {
        Terminal terminal = terminal(terminalId);
        for (String lease : terminal.leases) {
            String user = lease.substring(0, lease.indexOf(' '));
            boolean text = lease.endsWith(" " + WatchMode.WATCH_MODE_TEXT.getNumber());
            TerminalViewRecord.Builder record = view(
                            nodeId, terminalId, user, text ? WatchMode.WATCH_MODE_TEXT : WatchMode.WATCH_MODE_RAW)
                    .setFrom(from)
                    .setTo(terminal.mark());
            output.append(
                    user,
                    text ? record.setLines(lines).build() : record.setRaw(raw).build());
        }
    }

    private Terminal terminal(String id) {
        return terminals.computeIfAbsent(id, t -> new Terminal());
    }

    private static TerminalViewRecord.Builder view(String nodeId, String terminalId, String user, WatchMode mode) {
        return TerminalViewRecord.newBuilder()
                .setUser(user)
                .setNodeId(nodeId)
                .setTerminalId(terminalId)
                .setMode(mode);
    }

    private static ViewRecord.Builder record(
            String audience, String id, long version, Set<String> before, Set<String> after) {
        return ViewRecord.newBuilder()
                .setAudience(audience)
                .setNodeId(id)
                .setViewVersion(version)
                .addAllAudiencesBefore(before)
                .addAllAudiencesAfter(after);
    }

    // ---------------------------------------------------------------- what sessions ask

    @Override
    public synchronized CompletableFuture<NodeView> getNode(String nodeId) {
        @Nullable NodeView node = nodes.get(nodeId);
        return answer(node, "no such node");
    }

    @Override
    public synchronized CompletableFuture<ListNodesResponse> listNodes(ListNodesRequest request) {
        if (!request.getAfter().isEmpty() && betweenPages != null) {
            betweenPages.run();
        }
        Held now = held == null ? new Held(nodes, views.position()) : held;
        ListNodesResponse.Builder answer = ListNodesResponse.newBuilder().putAllPosition(now.position());
        for (NodeView node : now.nodes().tailMap(request.getAfter(), false).values()) {
            Set<String> audiences = Audiences.ofNode(node.getNode(), partitions);
            if (!request.getAudiencesList().contains("fleet:*")
                    && request.getAudiencesList().stream().noneMatch(audiences::contains)) {
                continue;
            }
            if (answer.getNodesCount() == request.getLimit()) {
                answer.setNext(
                        answer.getNodes(answer.getNodesCount() - 1).getNode().getNodeId());
                break;
            }
            answer.addNodes(node);
        }
        return answer(answer.build(), "");
    }

    @Override
    public synchronized CompletableFuture<Task> getTask(String nodeId, String taskId) {
        return answer(
                tasks.getOrDefault(nodeId, List.of()).stream()
                        .filter(task -> task.getTaskId().equals(taskId))
                        .findFirst()
                        .orElse(null),
                "no such task");
    }

    @Override
    public synchronized CompletableFuture<ListTasksResponse> listTasks(ListTasksRequest request) {
        return answer(
                ListTasksResponse.newBuilder()
                        .addAllTasks(tasks.getOrDefault(request.getNodeId(), List.of()))
                        .build(),
                "");
    }

    @Override
    public synchronized CompletableFuture<ReadHistoryResponse> readHistory(ReadHistoryRequest request) {
        @Nullable Terminal terminal = terminals.get(request.getTerminalId());
        if (terminal == null || terminal.raw.length() == 0) {
            return answer(null, "no output");
        }
        int count = terminal.lines.size();
        int first = request.hasAfter() ? (int) request.getAfter() : Math.max(0, count - request.getLines());
        int end = Math.min(count, first + request.getLines());
        TerminalHistory.Builder history = TerminalHistory.newBuilder()
                .setTerminalId(request.getTerminalId())
                .setFinal(terminal.lines.size())
                .setNextLine(terminal.lines.size())
                .setMark(terminal.mark())
                .setSize(WindowSize.newBuilder().setCols(80).setRows(24));
        for (int i = first; i < end; i++) {
            history.addLines(Line.newBuilder().setNumber(i).setText(terminal.lines.get(i)));
        }
        if (terminal.exit != null) {
            history.setExit(terminal.exit);
        }
        ReadHistoryResponse answer =
                ReadHistoryResponse.newBuilder().addTerminals(history).build();
        reads = new HistoryReads(
                reads.requests() + 1,
                reads.linesAsked() + request.getLines(),
                reads.lines() + history.getLinesCount(),
                reads.bytes() + answer.getSerializedSize());
        return answer(answer, "");
    }

    @Override
    public synchronized CompletableFuture<GetRepaintResponse> getRepaint(String nodeId, String terminalId) {
        @Nullable Terminal terminal = terminals.get(terminalId);
        if (terminal == null || terminal.raw.length() == 0) {
            return answer(null, "no output");
        }
        GetRepaintResponse.Builder repaint = GetRepaintResponse.newBuilder()
                .setData(ByteString.copyFromUtf8("repaint of " + terminal.raw.length()))
                .setMark(terminal.mark())
                .setSize(WindowSize.newBuilder().setCols(80).setRows(24))
                .setNextLine(terminal.lines.size());
        if (terminal.exit != null) {
            repaint.setExit(terminal.exit);
        }
        return answer(repaint.build(), "");
    }

    private <T> CompletableFuture<T> answer(@Nullable T value, String missing) {
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        return value == null
                ? CompletableFuture.failedFuture(new MusterException(ErrorCode.NOT_FOUND, missing))
                : CompletableFuture.completedFuture(value);
    }
}
