package dev.muster.ingress.dispatch;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.metrics.IngressMetrics;
import dev.muster.ingress.publish.Lane;
import dev.muster.ingress.publish.Outgoing;
import dev.muster.ingress.publish.Receipt;
import dev.muster.ingress.session.LiveSession;
import dev.muster.ingress.session.Refusal;
import dev.muster.ingress.session.Sessions;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.records.v1.CloseSession;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.InputRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NotHere;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Passes records for this gateway to the session that they name. Other gateways' records in the same partition are
 * skipped. A command for a session that is not here is answered with {@code NotHere}. Input for such a session is
 * dropped, as input is never redelivered.
 */
public final class Router {
    private final String gatewayId;
    private final Sessions sessions;
    private final Lane control;
    private final Partitions partitions;
    private final LongSupplier millis;
    private final IngressMetrics metrics;

    public Router(
            String gatewayId,
            Sessions sessions,
            Lane control,
            Partitions partitions,
            LongSupplier millis,
            IngressMetrics metrics) {
        this.gatewayId = gatewayId;
        this.sessions = sessions;
        this.control = control;
        this.partitions = partitions;
        this.millis = millis;
        this.metrics = metrics;
    }

    /** A value of the dispatch topic. */
    public void dispatch(byte[] value) throws InvalidProtocolBufferException {
        DispatchRecord record = DispatchRecord.parseFrom(value);
        if (!record.getGatewayId().equals(gatewayId)) {
            return;
        }
        Optional<LiveSession> session = sessions.find(record.getNodeId(), record.getSessionId());
        if (session.isEmpty()) {
            metrics.dispatched("not-here");
            notHere(record);
            return;
        }
        metrics.dispatched("delivered");
        switch (record.getDispatchCase()) {
            case RUN_TASK ->
                session.get()
                        .deliver(GatewayMessage.newBuilder()
                                .setRunTask(record.getRunTask())
                                .build());
            case CANCEL_TASK ->
                session.get()
                        .deliver(GatewayMessage.newBuilder()
                                .setCancelTask(record.getCancelTask())
                                .build());
            case CLOSE_SESSION -> session.get().close(refusalOf(record.getCloseSession()));
            case DISPATCH_NOT_SET -> throw new IllegalArgumentException("a dispatch of no known kind");
        }
    }

    /** A value of the input topic. */
    public void input(byte[] value) throws InvalidProtocolBufferException {
        InputRecord record = InputRecord.parseFrom(value);
        if (!record.getGatewayId().equals(gatewayId)) {
            return;
        }
        Optional<LiveSession> session = sessions.find(record.getNodeId(), record.getSessionId());
        if (session.isEmpty()) {
            metrics.input("not-here");
            return;
        }
        metrics.input("delivered");
        switch (record.getInputCase()) {
            case TERMINAL_INPUT ->
                session.get()
                        .deliver(GatewayMessage.newBuilder()
                                .setTerminalInput(record.getTerminalInput())
                                .build());
            case RESIZE ->
                session.get()
                        .deliver(GatewayMessage.newBuilder()
                                .setResize(record.getResize())
                                .build());
            case INPUT_NOT_SET -> throw new IllegalArgumentException("an input of no known kind");
        }
    }

    private static Refusal refusalOf(CloseSession close) {
        return new Refusal(ErrorCode.of(close.getCode()).orElse(ErrorCode.UNAVAILABLE), close.getDetail());
    }

    private void notHere(DispatchRecord record) {
        NodeEventRecord event = NodeEventRecord.newBuilder()
                .setNodeId(record.getNodeId())
                .setSessionId(record.getSessionId())
                .setGatewayId(gatewayId)
                .setAtMillis(millis.getAsLong())
                .setNotHere(NotHere.newBuilder().setDispatchId(record.getDispatchId()))
                .build();
        boolean offered = control.offer(Outgoing.ofNode(
                Topic.NODE_EVENTS,
                partitions.ofNode(record.getNodeId()),
                record.getNodeId(),
                event.toByteArray(),
                Receipt.NONE));
        if (!offered) {
            metrics.dispatched("not-here-unsaid");
        }
    }
}
