package dev.muster.fanout.resources.groups;

import dev.muster.contract.access.Roles;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.command.Commands;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.AnswerShares;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.Ask;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.http.NodeAccess;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.fanout.resources.history.LookAlikes;
import dev.muster.fanout.resources.nodes.NodeCalls;
import dev.muster.proto.query.v1.GetTaskGroupRequest;
import dev.muster.proto.query.v1.GetTaskGroupResponse;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListTaskGroupsRequest;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.records.v1.CancelTaskGroup;
import dev.muster.proto.records.v1.CreateTaskGroup;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.records.v1.TaskGroupMemberState;
import io.javalin.config.RoutesConfig;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One command on many nodes: run, list, show, read, cancel. A group belongs to the user who made it. Other users except
 * admins do not see it.
 */
public final class GroupCalls {
    private static final int NODES_MAX = 20_000;
    private static final int PAGE_MAX = 10_000;
    private static final int RESULTS_DEFAULT = 100;
    private static final int RESULTS_MAX = 1_000;
    private static final int LINES_DEFAULT = 100;
    private static final int LINES_MAX = 1_000;
    private static final int OUTPUT_CHARS_MAX = 3 << 20;

    private final Api api;
    private final RegistryClient registry;
    private final Commands commands;
    private final Ids ids;
    private final Clock clock;
    private final AnswerShares lists;

    /** @param lists counts the lists under way */
    public GroupCalls(Api api, RegistryClient registry, Commands commands, Ids ids, Clock clock, AnswerShares lists) {
        this.api = api;
        this.registry = registry;
        this.commands = commands;
        this.ids = ids;
        this.clock = clock;
        this.lists = lists;
    }

    public void addTo(RoutesConfig routes) {
        routes.post("/api/v1/tasks", api.guarded(this::run));
        api.read(routes, "/api/v1/tasks", api.guarded(this::list));
        api.read(routes, "/api/v1/tasks/{groupId}", api.guarded(this::show));
        api.read(routes, "/api/v1/tasks/{groupId}/output", api.guarded(this::output));
        routes.post("/api/v1/tasks/{groupId}/cancel", api.guarded(this::cancel));
    }

    private CompletableFuture<Answer> run(Ask ask) {
        CreateTaskGroup.Builder group = GroupInput.read(ask.body());
        String key = group.getTask().getIdempotencyKey();
        String groupId = key.isEmpty()
                ? ids.make(Ids.Kind.TASK_GROUP, clock.millis())
                : Ids.derive(Ids.Kind.TASK_GROUP, ask.user().name(), key);
        ListNodesRequest selected = ListNodesRequest.newBuilder()
                .addAllAudiences(NodeCalls.audiences(ask.user()))
                .putAllLabels(group.getSelectorLabelsMap())
                .setLimit(PAGE_MAX)
                .build();
        return select(ask.user(), selected, group)
                .thenCompose(chosen -> {
                    // a repeat is answered by the registry, whichever nodes the selector matches by now
                    if (chosen.getNodeIdsCount() == 0 && key.isEmpty()) {
                        throw noNode();
                    }
                    return commands.requestOfGroup(
                            groupId, ask.requester(), record -> record.setCreateTaskGroup(chosen));
                })
                .exceptionallyCompose(error -> CompletableFuture.failedFuture(matchesNothing(group, error)))
                .thenApply(reply -> Answer.json(202, GroupJson.wrapped(reply.getTaskGroup()))
                        .with("Location", "/api/v1/tasks/" + groupId));
    }

    private static Throwable matchesNothing(CreateTaskGroup.Builder group, Throwable error) {
        boolean invalid = Problems.problemOf(error).code() == ErrorCode.INVALID;
        return invalid && group.getNodeIdsCount() == 0 ? noNode() : error;
    }

    private static MusterException noNode() {
        return Fields.invalid("The selector matches no node on which you may run something.");
    }

    /** Page after page, the nodes that match and on which the user may run something. */
    private CompletableFuture<CreateTaskGroup.Builder> select(
            User user, ListNodesRequest request, CreateTaskGroup.Builder group) {
        return registry.of(user.name()).listNodes(request).thenCompose(page -> {
            page.getNodesList().stream()
                    .filter(view -> Roles.isAtLeast(Access.roleOf(user, view.getNode()), Role.ROLE_RUN))
                    .forEach(view -> group.addNodeIds(view.getNode().getNodeId()));
            if (group.getNodeIdsCount() > NODES_MAX) {
                throw Fields.invalid("The selector matches more than " + NODES_MAX + " nodes.");
            }
            return page.getNext().isEmpty()
                    ? CompletableFuture.completedFuture(group)
                    : select(user, request.toBuilder().setAfter(page.getNext()).build(), group);
        });
    }

    /** Newest first: the user's own, or everybody's for an admin. */
    private CompletableFuture<Answer> list(Ask ask) {
        ListTaskGroupsRequest.Builder request = ListTaskGroupsRequest.newBuilder()
                .setLimit(Math.toIntExact(ask.number("limit", 1, RESULTS_MAX).orElse((long) RESULTS_DEFAULT)));
        if (!ask.user().admin()) {
            request.setRequestedBy(ask.user().name());
        }
        ask.queries("state").forEach(state -> request.addStates(GroupJson.state(state)));
        ask.query("after").ifPresent(after -> GroupJson.start(after, request));
        return lists.counted(
                ask.user(),
                () -> registry.of(ask.user().name())
                        .listTaskGroups(request.build())
                        .thenApply(page -> Answer.json(200, GroupJson.list(page))));
    }

    private CompletableFuture<Answer> show(Ask ask) {
        return lists.counted(
                ask.user(), () -> page(ask, RESULTS_MAX).thenApply(page -> Answer.json(200, GroupJson.page(page))));
    }

    private CompletableFuture<Answer> cancel(Ask ask) {
        Fields.ofOptional(ask.body(), Set.of()).throwIfMistaken();
        String groupId = ask.groupId();
        return own(ask, GetTaskGroupRequest.newBuilder().setGroupId(groupId).build())
                .thenCompose(page -> commands.requestOfGroup(
                        groupId,
                        ask.requester(),
                        record -> record.setCancelTaskGroup(CancelTaskGroup.getDefaultInstance())))
                .thenApply(reply -> Answer.json(200, GroupJson.wrapped(reply.getTaskGroup())));
    }

    /** The last lines of each node, one after the other, under a header line each. */
    private CompletableFuture<Answer> output(Ask ask) {
        int lines = Math.toIntExact(ask.number("lines", 1, LINES_MAX).orElse((long) LINES_DEFAULT));
        return lists.counted(
                ask.user(),
                () -> page(ask, RESULTS_DEFAULT).thenCompose(page -> {
                    StringBuilder text = new StringBuilder();
                    CompletableFuture<Void> read = CompletableFuture.completedFuture(null);
                    for (TaskGroupMember member : page.getMembersList()) {
                        read = read.thenCompose(before -> append(ask, page, member, lines, text));
                    }
                    return read.thenApply(all -> {
                        Answer answer = Answer.text(200, text.toString());
                        return page.getNext().isEmpty() ? answer : answer.with("Muster-Next", page.getNext());
                    });
                }));
    }

    private CompletableFuture<Void> append(
            Ask ask, GetTaskGroupResponse page, TaskGroupMember member, int lines, StringBuilder text) {
        text.append("==> ")
                .append(member.getName().isEmpty() ? member.getNodeId() : member.getName())
                .append(' ')
                .append(GroupJson.state(page.getGroup(), member));
        if (member.hasExitCode()) {
            text.append(' ').append(member.getExitCode());
        }
        text.append(" <==\n");
        if (member.getState() != TaskGroupMemberState.MEMBER_TASK) {
            return CompletableFuture.completedFuture(null);
        }
        if (text.length() > OUTPUT_CHARS_MAX) {
            text.append("[... left out: the answer is long enough ...]\n");
            return CompletableFuture.completedFuture(null);
        }
        return NodeAccess.require(registry, ask, member.getNodeId(), Role.ROLE_WATCH)
                .thenCompose(view -> {
                    return registry.of(ask.user().name())
                            .readHistory(ReadHistoryRequest.newBuilder()
                                    .setNodeId(member.getNodeId())
                                    .setTerminalId(member.getTaskId())
                                    .setLines(lines)
                                    .build());
                })
                .handle((history, error) -> {
                    if (error == null) {
                        history.getTerminalsList()
                                .forEach(terminal -> terminal.getLinesList()
                                        .forEach(line -> text.append(LookAlikes.OF_GROUP_OUTPUT.shown(line.getText()))
                                                .append('\n')));
                    } else {
                        // one node's output is not the others'
                        text.append("[... not readable: ")
                                .append(
                                        Problems.unwrap(error) instanceof MusterException known
                                                ? known.code().code()
                                                : ErrorCode.INTERNAL.code())
                                .append(" ...]\n");
                    }
                    return null;
                });
    }

    private CompletableFuture<GetTaskGroupResponse> page(Ask ask, int limitMax) {
        GetTaskGroupRequest.Builder request = GetTaskGroupRequest.newBuilder()
                .setGroupId(ask.groupId())
                .setLimit(Math.toIntExact(
                        ask.number("limit", 1, limitMax).orElse((long) Math.min(limitMax, RESULTS_DEFAULT))));
        ask.query("after").ifPresent(after -> {
            if (!Ids.isId(Ids.Kind.NODE, after)) {
                throw Fields.invalid("'after' is not the id of a node.");
            }
            request.setAfter(after);
        });
        return own(ask, request.build());
    }

    private CompletableFuture<GetTaskGroupResponse> own(Ask ask, GetTaskGroupRequest request) {
        return registry.of(ask.user().name()).getTaskGroup(request).thenApply(page -> {
            if (!ask.user().admin()
                    && !page.getGroup().getRequestedBy().equals(ask.user().name())) {
                throw new MusterException(ErrorCode.NOT_FOUND, "There is no such task group, or you may not see it.");
            }
            return page;
        });
    }
}
