package dev.muster.registry.control;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.report.AgentReport;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.records.v1.AuditRecord;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeHeartbeat;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.SourceKind;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.StoredState;
import dev.muster.registry.group.GroupCommands;
import dev.muster.registry.group.GroupEvents;
import dev.muster.registry.liveness.Liveness;
import dev.muster.registry.liveness.Silence;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.node.NodeTransitions;
import dev.muster.registry.node.Outcome;
import dev.muster.registry.session.SessionTransitions;
import dev.muster.registry.streams.DeadLetters;
import dev.muster.registry.streams.FreshProcessor;
import dev.muster.registry.task.TaskCommands;
import dev.muster.registry.task.TaskQueue;
import dev.muster.registry.task.TaskTransitions;
import dev.muster.registry.view.ViewRecords;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Glue of one partition: loads a draft, has it decided on, and writes the result. A decision that throws has written
 * nothing.
 */
final class ControlPartition implements Consumer<Record<String, Parsed<Message>>>, FreshProcessor.Dismissible {
    private static final Logger LOG = LoggerFactory.getLogger(ControlPartition.class);
    private static final Set<CommandRecord.CommandCase> GROUP_COMMANDS = EnumSet.of(
            CommandRecord.CommandCase.CREATE_TASK_GROUP,
            CommandRecord.CommandCase.CANCEL_TASK_GROUP,
            CommandRecord.CommandCase.TASK_GROUP_EVENT);

    private final ProcessorContext<String, @Nullable Message> context;
    private final Supplier<String> errorIds;
    private final Runnable onTick;
    private final TaskQueue queue;
    private final CommandHandler commands;
    private final EventHandler events;
    private final NodeStores stores;
    private final GroupPartition groups;
    private final Outputs outputs;
    private final ViewRecords viewRecords;
    private final Liveness liveness;
    private final ControlMetrics metrics;
    private final PartitionCounts counts = new PartitionCounts();
    private long massEvents;
    private final NodeFollower follower;
    private final NodeDeadlines deadlines;

    ControlPartition(
            ProcessorContext<String, @Nullable Message> context,
            ControlLimits limits,
            Partitions partitions,
            Runnable onTick,
            Supplier<String> errorIds,
            ControlMetrics metrics) {
        this.metrics = metrics;
        this.context = context;
        this.errorIds = errorIds;
        this.onTick = onTick;
        queue = new TaskQueue(limits.task());
        commands = new CommandHandler(limits, queue);
        events = new EventHandler(queue, metrics);
        stores = new NodeStores(context);
        groups = new GroupPartition(
                context,
                new GroupCommands(limits.task().group(), new TaskCommands(limits.task(), queue)),
                limits.task().group());
        outputs = new Outputs(context);
        viewRecords = new ViewRecords(partitions);
        liveness = new Liveness(limits.liveness());
        follower = new NodeFollower(liveness);
        deadlines = new NodeDeadlines(queue, limits.node().markerMillis());
        stores.forEachState((nodeId, stored) -> {
            follower.follow(nodeId, stored);
            counts.node(stored.getState().getStatus(), 1);
            deadlines.trustLater(nodeId, stored.getSession());
        });
        stores.forEachQueue((nodeId, stored) -> {
            stored.getOpenList().forEach(open -> deadlines.expire(nodeId, open));
            counts.openTasks(stored.getOpenCount());
            deadlines.forgetLater(nodeId, stored);
        });
        stores.forEachNode((nodeId, stored) -> {
            if (stored.getRecord().getDeleted()) {
                deadlines.unmarkLater(nodeId, stored);
            }
        });
        counts.setOpenGroups(groups.open());
        metrics.opened(context.taskId().toString(), counts);
    }

    @Override
    public void dismissed() {
        metrics.closed(context.taskId().toString(), counts);
    }

    @Override
    public void accept(Record<String, Parsed<Message>> record) {
        Parsed<Message> parsed = record.value();
        if (parsed == null) {
            return;
        }
        outputs.follow(record.headers());
        Message message = parsed.message();
        if (message instanceof HeartbeatRecord heartbeat) {
            onHeartbeat(record, heartbeat);
        } else if (message instanceof CommandRecord command) {
            onCommand(record, command);
        } else if (message instanceof NodeEventRecord event && isKey(record, event.getNodeId())) {
            NodeDraft draft = stores.load(event.getNodeId(), liveness.nowMillis(record.timestamp()));
            events.handle(draft, event, liveness.isMass());
            apply(draft, record.timestamp());
        } else {
            String problem = parsed.problem();
            deadLetter(record, problem == null ? "key-is-not-the-node" : problem);
        }
    }

    private void onCommand(Record<String, Parsed<Message>> record, CommandRecord command) {
        if (!command.getGroupId().isEmpty()) {
            onGroupCommand(record, command);
            return;
        }
        if (!isKey(record, command.getNodeId())) {
            deadLetter(record, "key-is-not-the-node");
            reply(record, command, Outcome.refused(ErrorCode.INVALID, "node id: not the key"), ViewRecords.Views.NONE);
            return;
        }
        long nowMillis = liveness.nowMillis(record.timestamp());
        NodeDraft draft = stores.load(command.getNodeId(), nowMillis);
        Outcome outcome = commands.handle(draft, command);
        ViewRecords.Views views = ViewRecords.Views.NONE;
        if (!(outcome instanceof Outcome.Refused refused)) {
            views = apply(draft, record.timestamp());
        } else if (!command.getCreateTask().getGroupId().isEmpty()) {
            send(GroupEvents.refused(draft, command.getCreateTask(), refused.code(), refused.detail()), record);
        }
        reply(record, command, outcome, views);
        audit(command.getNodeId(), command, outcome, record.timestamp());
    }

    private void onGroupCommand(Record<String, Parsed<Message>> record, CommandRecord command) {
        if (!command.getGroupId().equals(record.key())
                || !command.getNodeId().isEmpty()
                || !GROUP_COMMANDS.contains(command.getCommandCase())) {
            deadLetter(record, "not-about-the-group");
            reply(
                    record,
                    command,
                    Outcome.refused(ErrorCode.INVALID, "not about a task group"),
                    ViewRecords.Views.NONE);
            return;
        }
        GroupPartition.Decided decided = groups.handle(command, liveness.nowMillis(record.timestamp()));
        counts.setOpenGroups(groups.open());
        reply(record, command, decided.outcome(), ViewRecords.Views.NONE);
        if (command.getCommandCase() != CommandRecord.CommandCase.TASK_GROUP_EVENT) {
            audit(command.getGroupId(), command, decided.outcome(), record.timestamp());
        }
        if (!(decided.outcome() instanceof Outcome.Refused)) {
            decided.draft().commands().forEach(asked -> send(asked, record));
        }
    }

    private void audit(String key, CommandRecord command, Outcome outcome, long atMillis) {
        AuditRecord audit = CommandHandler.audit(command, outcome);
        metrics.command(audit.getAction(), audit.getResult());
        outputs.send(Topic.AUDIT, key, audit, atMillis);
    }

    private void send(CommandRecord command, Record<String, Parsed<Message>> cause) {
        send(command, cause.timestamp());
    }

    private void send(CommandRecord command, long atMillis) {
        String key = command.getGroupId().isEmpty() ? command.getNodeId() : command.getGroupId();
        outputs.send(Topic.COMMANDS, key, command, atMillis);
    }

    private void reply(
            Record<String, Parsed<Message>> record, CommandRecord command, Outcome outcome, ViewRecords.Views views) {
        if (!command.getReplyTo().isEmpty()) {
            outputs.send(
                    Topic.REPLIES,
                    command.getReplyTo(),
                    Replies.of(command, outcome, views.audiences(), views.version()),
                    record.timestamp());
        }
    }

    /** Every record of the topic moves the clock; then a heartbeat is heard, and only then is anyone judged. */
    private void onHeartbeat(Record<String, Parsed<Message>> record, HeartbeatRecord message) {
        onTick.run();
        liveness.moveClock(record.timestamp());
        if (message.hasHeartbeat() && !message.getHeartbeat().getNodeId().equals(record.key())) {
            deadLetter(record, "key-is-not-the-node");
        } else if (message.hasHeartbeat()) {
            onHeard(record, message.getHeartbeat());
        } else if (message.getTick().getKind() == SourceKind.SOURCE_KIND_INGRESS) {
            liveness.gatewayHeard(message.getTick().getSource());
        }
        for (Silence silence : liveness.judge()) {
            metrics.silence(silence.cause());
            onSilence(silence, record.timestamp());
        }
        counts.setWaiting(liveness.waiting());
        if (liveness.massEvents() != massEvents) {
            massEvents = liveness.massEvents();
            metrics.massSilence();
            LOG.atWarn()
                    .addKeyValue("partition", context.taskId().partition())
                    .log("many nodes fell silent at once: taken for a fault of ours, they are UNKNOWN");
        }
        groups.moveClock(liveness.clockMillis());
        deadlines.advance(liveness.clockMillis(), due -> onDue(due, record.timestamp()));
    }

    private void onHeard(Record<String, Parsed<Message>> record, NodeHeartbeat heartbeat) {
        Vitals said = heartbeat.getHeartbeat().getVitals();
        boolean possible = AgentReport.isPossible(said);
        if (!possible) {
            deadLetter(record, "vitals-are-not-possible");
        }
        // the heartbeat counts, whatever it contains; without vitals it does not change the known ones
        Vitals vitals = possible && heartbeat.getHeartbeat().hasVitals() ? AgentReport.vitals(said) : null;
        Liveness.Heard heard = liveness.heard(heartbeat.getNodeId(), heartbeat.getSessionId(), vitals);
        metrics.heartbeat(heard);
        if (heard != Liveness.Heard.DUE) {
            return;
        }
        NodeDraft draft = stores.load(heartbeat.getNodeId(), liveness.clockMillis());
        if (SessionTransitions.isCurrent(draft, heartbeat.getSessionId())) {
            NodeState.Builder state = draft.state().toBuilder().setLastSeenMillis(liveness.clockMillis());
            draft.state(vitals == null ? state.build() : state.setVitals(vitals).build());
            draft.status(NodeTransitions.Event.HEARTBEAT, "heard again");
            apply(draft, record.timestamp());
        }
    }

    private void onSilence(Silence silence, long atMillis) {
        NodeDraft draft = stores.load(silence.nodeId(), liveness.clockMillis());
        if (!SessionTransitions.isCurrent(draft, silence.sessionId())
                && !SessionTransitions.isExpected(draft, silence.sessionId())) {
            return;
        }
        if (silence.heardMillis() > 0) {
            draft.state(draft.state().toBuilder()
                    .setLastSeenMillis(Math.max(draft.state().getLastSeenMillis(), silence.heardMillis()))
                    .build());
        }
        draft.status(
                switch (silence.cause()) {
                    case TWO_INTERVALS -> NodeTransitions.Event.MISSED_TWO;
                    case GATEWAY, MASS -> NodeTransitions.Event.DOUBTED;
                    case THREE_INTERVALS, NOT_BACK -> NodeTransitions.Event.MISSED_THREE;
                },
                silence.cause().reason());
        apply(draft, atMillis);
    }

    private void onDue(NodeDeadlines.Due due, long atMillis) {
        NodeDraft draft = stores.load(due.nodeId(), liveness.clockMillis());
        switch (due.over()) {
            case TIME_TO_LIVE ->
                draft.task(due.sequence())
                        .flatMap(task -> queue.move(
                                draft, task, TaskTransitions.Event.EXPIRE, "not dispatched within its time to live"))
                        .ifPresent(expired -> apply(draft, atMillis));
            case ENDED_TASKS -> {
                queue.forgetOld(draft);
                apply(draft, atMillis);
                deadlines.forgetLater(due.nodeId(), draft.queue());
            }
            case SUSPICION -> {
                SessionTransitions.trust(draft);
                apply(draft, atMillis);
            }
            case DELETION_MARKER -> onMarkerOver(draft);
        }
    }

    private void onMarkerOver(NodeDraft draft) {
        StoredNode node = draft.node();
        if (!node.getRecord().getDeleted()) {
            return;
        }
        if (node.getDeletedAtMillis() == 0) {
            // marked by an older release, which did not say when
            draft.node(node.toBuilder().setDeletedAtMillis(draft.nowMillis()).build());
            stores.write(draft);
            deadlines.unmarkLater(draft.nodeId(), draft.node());
        } else if (deadlines.isMarkerOver(draft)) {
            stores.forgetMarker(draft.nodeId());
        }
    }

    private ViewRecords.Views apply(NodeDraft draft, long atMillis) {
        ViewRecords.Views views = viewRecords.of(draft);
        if (draft.exists()) {
            draft.stored(
                    draft.stored().toBuilder().setViewVersion(views.version()).build());
        } else if (draft.known()) {
            views = ofDeleted(draft, views);
        }
        // computed from the stored state, so before the state changes
        metrics.decided(draft, views.records().size());
        count(draft);
        List<CommandRecord> groupEvents = GroupEvents.of(draft);
        stores.write(draft);
        outputs.changes(draft, views.records(), atMillis);
        groupEvents.forEach(event -> send(event, atMillis));
        remember(draft);
        return views;
    }

    private void count(NodeDraft draft) {
        if (!draft.stateBefore().equals(StoredState.getDefaultInstance())) {
            counts.node(draft.stateBefore().getState().getStatus(), -1);
        }
        if (draft.exists()) {
            counts.node(draft.state().getStatus(), 1);
        }
        counts.openTasks((draft.exists() ? draft.queue().getOpenCount() : 0)
                - draft.queueBefore().getOpenCount());
    }

    /** A repeated deletion is answered like the first one. */
    private static ViewRecords.Views ofDeleted(NodeDraft draft, ViewRecords.Views views) {
        if (draft.nodeBefore().getRecord().getDeleted()) {
            return new ViewRecords.Views(
                    List.of(),
                    new TreeSet<>(draft.node().getAudiencesBeforeDeletionList()),
                    draft.node().getViewVersionOfDeletion());
        }
        draft.node(draft.node().toBuilder()
                .addAllAudiencesBeforeDeletion(views.audiences())
                .setViewVersionOfDeletion(views.version())
                .build());
        return views;
    }

    /** Updates the in-memory state from the records just written. */
    private void remember(NodeDraft draft) {
        follower.follow(draft.nodeId(), draft.exists() ? draft.stored() : StoredState.getDefaultInstance());
        deadlines.remember(draft);
    }

    private void deadLetter(Record<String, Parsed<Message>> record, String reason) {
        RecordMetadata source = context.recordMetadata().orElseThrow();
        metrics.deadLetter(source.topic(), reason);
        ByteString raw =
                record.value() == null ? ByteString.EMPTY : record.value().raw();
        outputs.send(
                Topic.DLQ,
                DeadLetters.key(source.topic(), source.partition()),
                DeadLetters.of(source, reason, errorIds.get(), record.key(), raw),
                record.timestamp());
    }

    private static boolean isKey(Record<String, Parsed<Message>> record, String nodeId) {
        return nodeId.equals(record.key()) && Ids.isId(Ids.Kind.NODE, nodeId);
    }
}
