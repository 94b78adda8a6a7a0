package dev.muster.agent.link;

import com.google.protobuf.ByteString;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.settings.AgentException;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.JoinResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Exchanges an invite for the node's own credential. It repeats requests that may succeed later; the gateway answers a
 * repeat in the same way.
 */
public final class Join {
    private static final int TRIES = 8;
    private static final long DEADLINE_SECONDS = 10;

    private Join() {}

    /** @param say told of the first failed try that will be repeated: all tries together take half a minute */
    public static JoinResponse join(
            String gateway, AgentConfig config, String invite, KeyPair keys, Host host, Consumer<String> say)
            throws AgentException, InterruptedException {
        JoinRequest request = request(invite, keys, host);
        Backoff backoff = new Backoff(new Random());
        ManagedChannel channel = Channels.open(gateway, config);
        try {
            for (int attempt = 1; ; attempt++) {
                try {
                    return AgentIngressGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                            .join(request);
                } catch (StatusRuntimeException e) {
                    if (attempt == TRIES || !isRetryable(e.getStatus())) {
                        throw new AgentException(
                                "cannot join at " + gateway + ": " + Channels.reason(EndOfCall.of(e), gateway, config),
                                e);
                    }
                    if (attempt == 1) {
                        say.accept("agent: not joined at " + gateway + " yet, trying again: "
                                + Channels.reason(EndOfCall.of(e), gateway, config));
                    }
                    TimeUnit.MILLISECONDS.sleep(backoff.nextMillis());
                }
            }
        } finally {
            channel.shutdownNow();
        }
    }

    private static JoinRequest request(String invite, KeyPair keys, Host host) throws AgentException {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(keys.getPrivate());
            signature.update(invite.getBytes(StandardCharsets.UTF_8));
            return JoinRequest.newBuilder()
                    .setInvite(invite)
                    .setPublicKey(ByteString.copyFrom(keys.getPublic().getEncoded()))
                    .setProof(ByteString.copyFrom(signature.sign()))
                    .setHost(host)
                    .build();
        } catch (GeneralSecurityException e) {
            throw new AgentException("cannot sign the invite", e);
        }
    }

    private static boolean isRetryable(Status status) {
        return status.getCode() == Status.Code.UNAVAILABLE
                || status.getCode() == Status.Code.DEADLINE_EXCEEDED
                || status.getCode() == Status.Code.RESOURCE_EXHAUSTED;
    }
}
