package dev.muster.ingress.grpc;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.ingress.auth.Credentials;
import dev.muster.ingress.join.JoinDesk;
import dev.muster.ingress.session.Admission;
import dev.muster.ingress.session.LiveSession;
import dev.muster.ingress.session.Refusal;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.JoinResponse;
import dev.muster.proto.agent.v1.OutputAck;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The agents' service. Its methods run on the connection's own thread and only hand over: nothing here waits. Output
 * requests stay as the bytes that were received.
 */
public final class AgentIngressService {
    private static final long EXCESS_RETRY_MILLIS = 30_000;

    private final GatewayParts around;
    private final JoinDesk joins;
    private final Doorkeeper doorkeeper;
    private final CallEndings endings;
    private final BooleanSupplier draining;
    private final Semaphore joinPermits;

    /**
     * @param draining whether agents should go elsewhere
     */
    public AgentIngressService(
            GatewayParts around, JoinDesk joins, Supplier<String> errorIds, BooleanSupplier draining) {
        this.around = around;
        this.joins = joins;
        this.doorkeeper = new Doorkeeper(around.credentials(), around.directory(), around.control()::isHealthy);
        this.endings = new CallEndings(errorIds, around.metrics(), around.nanos());
        this.draining = draining;
        this.joinPermits = new Semaphore(around.callLimits().joinsMax());
    }

    /** @param messageBytesMax of a message, also of one that came compressed */
    public ServerServiceDefinition definition(int messageBytesMax) {
        MethodDescriptor<JoinRequest, JoinResponse> join = Wire.join(messageBytesMax);
        MethodDescriptor<AgentMessage, GatewayMessage> connect = Wire.connect(messageBytesMax);
        MethodDescriptor<byte[], OutputAck> publishOutput = Wire.publishOutput(messageBytesMax, around.spares());
        ServiceDescriptor descriptor = ServiceDescriptor.newBuilder(AgentIngressGrpc.SERVICE_NAME)
                .addMethod(join)
                .addMethod(connect)
                .addMethod(publishOutput)
                .build();
        return ServerServiceDefinition.builder(descriptor)
                .addMethod(join, this::join)
                .addMethod(connect, this::connect)
                .addMethod(publishOutput, this::publishOutput)
                .build();
    }

    private ServerCall.Listener<JoinRequest> join(ServerCall<JoinRequest, JoinResponse> call, Metadata headers) {
        Optional<Admission.Refused> early = fromAddress(call);
        if (early.isPresent()) {
            return refuse(call, "", early.get());
        }
        if (!joinPermits.tryAcquire()) {
            return refuse(call, "", ErrorCode.RATE_LIMITED, "too many joins at once");
        }
        JoinCall join = new JoinCall(around, joins, endings, call, joinPermits::release);
        MessageLimit.watch(refusal -> join.refused(refusal, ""));
        call.request(2); // so that the end of the request is seen
        return join;
    }

    private ServerCall.Listener<AgentMessage> connect(ServerCall<AgentMessage, GatewayMessage> call, Metadata headers) {
        Optional<Credentials.Claim> claim = doorkeeper.claimOf(headers);
        if (claim.isEmpty()) {
            return refuse(call, "", ErrorCode.UNAUTHENTICATED, "no credential, or not one of ours");
        }
        if (draining.getAsBoolean()) {
            return refuse(call, claim.get().nodeId(), ErrorCode.UNAVAILABLE, "this gateway is about to stop");
        }
        Optional<Admission.Refused> early = tooSoon(call, claim.get())
                .or(() -> around.admission().session(around.nanos().getAsLong()));
        if (early.isPresent()) {
            return refuse(call, claim.get().nodeId(), early.get());
        }
        ConnectCall connect = new ConnectCall(around, doorkeeper, endings, call, claim.get(), draining);
        MessageLimit.watch(connect::close);
        connect.open();
        return connect;
    }

    private ServerCall.Listener<byte[]> publishOutput(ServerCall<byte[], OutputAck> call, Metadata headers) {
        Optional<Credentials.Claim> claim = doorkeeper.claimOf(headers);
        if (claim.isEmpty()) {
            return refuse(call, "", ErrorCode.UNAUTHENTICATED, "no credential, or not one of ours");
        }
        Optional<Admission.Refused> early = tooSoon(call, claim.get());
        if (early.isPresent()) {
            return refuse(call, claim.get().nodeId(), early.get());
        }
        String sessionId = Optional.ofNullable(headers.get(Wire.SESSION)).orElse("");
        Optional<LiveSession> owner = around.sessions().find(claim.get().nodeId(), sessionId);
        if (owner.isEmpty()) {
            return refuse(call, claim.get().nodeId(), ErrorCode.NOT_CONNECTED, "no such session here: connect first");
        }
        OutputCall output = new OutputCall(around, endings, call, owner.get());
        MessageLimit.watch(output::close);
        output.open();
        return output;
    }

    /** What the limits of a node and of an address say of one more call. */
    private Optional<Admission.Refused> tooSoon(ServerCall<?, ?> call, Credentials.Claim claim) {
        if (!PeerCertificate.allows(call.getAttributes(), claim.nodeId())) {
            return Optional.of(new Admission.Refused(
                    new Refusal(ErrorCode.UNAUTHENTICATED, "the certificate names another node than the credential"),
                    0));
        }
        return fromAddress(call)
                .or(() ->
                        around.admission().callOf(claim.nodeId(), around.nanos().getAsLong()));
    }

    private Optional<Admission.Refused> fromAddress(ServerCall<?, ?> call) {
        if (Connections.isExcess(call.getAttributes())) {
            return Optional.of(new Admission.Refused(
                    new Refusal(ErrorCode.RATE_LIMITED, "too many connections from one address"), EXCESS_RETRY_MILLIS));
        }
        return around.admission()
                .callFrom(
                        Connections.addressOf(call.getAttributes()),
                        around.nanos().getAsLong());
    }

    private <T> ServerCall.Listener<T> refuse(ServerCall<T, ?> call, String node, Admission.Refused refused) {
        endings.refuse(call, node, refused);
        return new ServerCall.Listener<>() {};
    }

    private <T> ServerCall.Listener<T> refuse(ServerCall<T, ?> call, String node, ErrorCode code, String detail) {
        endings.refuse(call, node, new Refusal(code, detail), "");
        return new ServerCall.Listener<>() {};
    }
}
