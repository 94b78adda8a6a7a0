package dev.muster.fanout.resources.nodes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.json.Json;
import dev.muster.proto.records.v1.InviteGrant;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * The token with which an agent joins, once. The registry receives only its hash; the token is in the answer and
 * nowhere else.
 */
record Invite(String token, Instant expiresAt) {
    InviteGrant grant() {
        return InviteGrant.newBuilder()
                .setSha256(ByteString.copyFrom(Ids.sha256(token.getBytes(StandardCharsets.UTF_8))))
                .setExpiresAtMillis(expiresAt.toEpochMilli())
                .build();
    }

    Invite expiringAt(long millis) {
        return new Invite(token, Instant.ofEpochMilli(millis));
    }

    /** @param agentAddress {@code host:port}, and options of the agent, as the join line names them */
    ObjectNode json(String agentAddress) {
        ObjectNode json = Json.object();
        json.put("token", token);
        json.put("expiresAt", Json.time(expiresAt.toEpochMilli()));
        json.put("command", "infra/muster agent --join " + token + " --gateway " + agentAddress);
        return json;
    }
}
