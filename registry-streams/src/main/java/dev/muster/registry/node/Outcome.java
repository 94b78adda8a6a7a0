package dev.muster.registry.node;

import dev.muster.contract.errors.Detail;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.records.v1.InviteGrant;
import dev.muster.proto.records.v1.JoinAccepted;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskGroup;

/** What a command comes to. After a refusal nothing of the draft is kept. */
public sealed interface Outcome {
    record Refused(ErrorCode code, String detail) implements Outcome {
        public Refused {
            detail = Detail.of(detail);
        }
    }

    /** @param invite default instance: none was asked for under an idempotency key */
    record NodeAnswer(NodeRecord node, InviteGrant invite) implements Outcome {
        public NodeAnswer(NodeRecord node) {
            this(node, InviteGrant.getDefaultInstance());
        }
    }

    record TaskAnswer(Task task) implements Outcome {}

    record GroupAnswer(TaskGroup group) implements Outcome {}

    record JoinAnswer(JoinAccepted join) implements Outcome {}

    static Outcome refused(ErrorCode code, String detail) {
        return new Refused(code, detail);
    }
}
