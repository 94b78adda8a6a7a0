package dev.muster.registry.control;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.store.v1.StoredGroup;
import dev.muster.registry.group.GroupCommands;
import dev.muster.registry.group.GroupDraft;
import dev.muster.registry.group.GroupTransitions;
import dev.muster.registry.liveness.TimingWheel;
import dev.muster.registry.node.Outcome;
import dev.muster.registry.task.GroupLimits;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.streams.processor.api.ProcessorContext;

/** Glue of the task groups of one partition: decides, writes, and forgets those that ended long ago. */
final class GroupPartition {
    private static final long SLOT_MILLIS = 60_000;

    private final GroupStores stores;
    private final GroupCommands groups;
    private final GroupLimits limits;
    private final TimingWheel<String> wheel = new TimingWheel<>(SLOT_MILLIS);
    private final TreeSet<Ended> ended = new TreeSet<>();
    private final Map<String, Ended> kept = new HashMap<>();

    private record Ended(long atMillis, String groupId) implements Comparable<Ended> {
        @Override
        public int compareTo(Ended other) {
            int byTime = Long.compare(atMillis, other.atMillis);
            return byTime != 0 ? byTime : groupId.compareTo(other.groupId);
        }
    }

    /** What became of a record. */
    record Decided(GroupDraft draft, Outcome outcome) {}

    GroupPartition(ProcessorContext<?, ?> context, GroupCommands groups, GroupLimits limits) {
        this.groups = groups;
        this.limits = limits;
        stores = new GroupStores(context);
        stores.forEach(this::remember);
    }

    /** Decides on a command about a group and writes the result. The caller sends the commands of the draft. */
    Decided handle(CommandRecord command, long nowMillis) {
        GroupDraft draft = stores.load(command.getGroupId(), nowMillis);
        long atMillis = CommandHandler.at(command, nowMillis);
        Outcome outcome = switch (command.getCommandCase()) {
            case CREATE_TASK_GROUP ->
                hasRoom(draft)
                        ? groups.create(draft, command.getCreateTaskGroup(), command.getActor(), atMillis)
                        : Outcome.refused(ErrorCode.TOO_MANY_TASKS, "too many task groups that have not ended");
            case CANCEL_TASK_GROUP -> groups.cancel(draft, command.getActor());
            case TASK_GROUP_EVENT -> {
                groups.onEvent(draft, command.getTaskGroupEvent().getMember());
                yield new Outcome.GroupAnswer(draft.group());
            }
            default -> throw new IllegalStateException("not about a group");
        };
        if (!(outcome instanceof Outcome.Refused)) {
            stores.write(draft);
            if (draft.exists() && !draft.stored().equals(draft.before())) {
                remember(draft.groupId(), draft.stored());
                forgetTooMany();
            }
        }
        return new Decided(draft, outcome);
    }

    void moveClock(long clockMillis) {
        wheel.advance(clockMillis, groupId -> {
            Ended entry = kept.get(groupId);
            if (entry == null) {
                return;
            }
            if (entry.atMillis + limits.endedMillisMax() <= clockMillis) {
                forget(entry);
            } else {
                wheel.add(entry.atMillis + limits.endedMillisMax(), groupId);
            }
        });
    }

    /** Groups that have not ended. */
    int open() {
        return kept.size() - ended.size();
    }

    private boolean hasRoom(GroupDraft draft) {
        return draft.exists() || kept.size() < limits.keptMax() || !ended.isEmpty();
    }

    private void remember(String groupId, StoredGroup stored) {
        boolean isEnded = GroupTransitions.isEnded(stored.getGroup().getState());
        Ended entry = new Ended(isEnded ? stored.getEndedAtLogMillis() : Long.MAX_VALUE, groupId);
        Ended before = kept.put(groupId, entry);
        if (isEnded && !entry.equals(before)) {
            ended.add(entry);
            wheel.add(entry.atMillis + limits.endedMillisMax(), groupId);
        }
    }

    private void forgetTooMany() {
        while (kept.size() > limits.keptMax() && !ended.isEmpty()) {
            forget(ended.first());
        }
    }

    private void forget(Ended entry) {
        ended.remove(entry);
        kept.remove(entry.groupId);
        stores.forget(entry.groupId);
    }
}
