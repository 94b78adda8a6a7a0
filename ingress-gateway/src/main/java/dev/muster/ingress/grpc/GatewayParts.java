package dev.muster.ingress.grpc;

import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Partitions;
import dev.muster.ingress.auth.Credentials;
import dev.muster.ingress.auth.NodeDirectory;
import dev.muster.ingress.backlog.Backlogs;
import dev.muster.ingress.metrics.IngressMetrics;
import dev.muster.ingress.publish.HeartbeatSlots;
import dev.muster.ingress.publish.Lane;
import dev.muster.ingress.session.Admission;
import dev.muster.ingress.session.ByteBudget;
import dev.muster.ingress.session.SessionLimits;
import dev.muster.ingress.session.Sessions;
import dev.muster.ingress.session.SpareArrays;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * The parts that all calls share.
 *
 * @param workers runs the work that Kafka's threads must not do
 */
public record GatewayParts(
        String gatewayId,
        Sessions sessions,
        NodeDirectory directory,
        Credentials credentials,
        Lane control,
        Lane bulk,
        HeartbeatSlots heartbeats,
        ByteBudget budget,
        Backlogs backlogs,
        SpareArrays spares,
        Partitions partitions,
        SessionLimits sessionLimits,
        Admission admission,
        CallLimits callLimits,
        Ids ids,
        LongSupplier nanos,
        LongSupplier millis,
        ScheduledExecutorService timer,
        Executor workers,
        IngressMetrics metrics) {
    /**
     * @param downstreamBytesMax messages that wait for an agent to read
     * @param eventBytesMax events of one session that wait for the broker
     * @param directoryWaitMillis how long a credential that the table does not know yet may wait for it
     * @param sessionsMax live sessions on this gateway
     * @param joinsMax joins that are under way
     * @param sessionsPerNodeMax live sessions of one node on this gateway; beyond that its oldest is ended
     * @param acksUnreadMillis how long an agent may leave acknowledgements of its output unread
     * @param connectionAgeMillis after about this long an agent is asked to reconnect; 0: never
     */
    public record CallLimits(
            long downstreamBytesMax,
            long eventBytesMax,
            long directoryWaitMillis,
            int sessionsMax,
            int joinsMax,
            int sessionsPerNodeMax,
            int acksUnreadMillis,
            long connectionAgeMillis) {}
}
