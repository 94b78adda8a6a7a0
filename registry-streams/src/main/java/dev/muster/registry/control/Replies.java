package dev.muster.registry.control;

import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.ProblemValue;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.registry.node.Outcome;
import dev.muster.registry.view.ViewRecords;
import java.util.Collection;

/** Puts an outcome into the reply that the gateway waits for. */
final class Replies {
    private Replies() {}

    static ReplyRecord of(CommandRecord command, Outcome outcome, Collection<String> audiences, long viewVersion) {
        ReplyRecord.Builder reply = ReplyRecord.newBuilder()
                .setRequestId(command.getRequestId())
                .setReplyTo(command.getReplyTo())
                .setNodeId(command.getNodeId());
        if (outcome instanceof Outcome.Refused refused) {
            return reply.setProblem(ProblemValue.newBuilder()
                            .setCode(refused.code().code())
                            .setDetail(refused.detail()))
                    .build();
        }
        reply.addAllAudiences(audiences).setViewVersion(viewVersion);
        if (outcome instanceof Outcome.NodeAnswer answer) {
            if (answer.invite().getExpiresAtMillis() != 0) {
                reply.setInvite(answer.invite());
            }
            return reply.setNode(answer.node()).build();
        }
        if (outcome instanceof Outcome.TaskAnswer answer) {
            return reply.setTask(ViewRecords.shown(answer.task())).build();
        }
        if (outcome instanceof Outcome.GroupAnswer answer) {
            return reply.setTaskGroup(answer.group()).build();
        }
        if (outcome instanceof Outcome.JoinAnswer answer) {
            return reply.setJoin(answer.join()).build();
        }
        throw new AssertionError(outcome);
    }
}
