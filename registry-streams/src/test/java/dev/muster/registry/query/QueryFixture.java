package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.kit.process.Threads;
import dev.muster.proto.query.v1.GetHealthResponse;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.registry.control.ControlFleet;
import dev.muster.registry.instance.Owners;
import dev.muster.registry.instance.Peers;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** The query service over a real connection, on the stores of the real topology. */
final class QueryFixture implements AutoCloseable {
    private static final Metadata.Key<String> CODE = Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER);
    static final QuerySettings SETTINGS =
            new QuerySettings("127.0.0.1", 0, 0, 2, 10, 5, 1 << 20, 2_000, 1 << 20, 2, 200, "", 1_000);

    final Waiters waiters = new Waiters(SETTINGS.waitersMax());
    final ControlFleet fleet = new ControlFleet(waiters);
    final SwitchableStores stores = new SwitchableStores();
    private final Peers peers = new Peers(SETTINGS.handOnMillisMax());
    private final QueryServer server = new QueryServer(SETTINGS);
    final ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
            .usePlaintext()
            .build();
    final RegistryQueryGrpc.RegistryQueryBlockingStub queries = RegistryQueryGrpc.newBlockingStub(channel);

    /** Stores of the driver, until they are said to be restoring. */
    final class SwitchableStores implements StoreReads {
        volatile boolean restoring;

        @Override
        public <V> ReadOnlyKeyValueStore<String, V> store(String name, int partition) {
            if (restoring) {
                throw new InvalidStateStoreException("restoring");
            }
            return fleet.store(name);
        }
    }

    QueryFixture() {
        TerminalReads terminals = new TerminalReads(
                (request, budget) -> history(request),
                (request, budget) -> GetRepaintResponse.getDefaultInstance(),
                (request, budget) -> GetOutputIndexResponse.getDefaultInstance());
        server.serve(new QueryService(
                new QueryService.Reads(stores, stores, terminals, terminals),
                ControlFleet.PARTITIONS,
                Owners.alone(),
                peers,
                waiters,
                () -> GetHealthResponse.newBuilder().setReady(true).build(),
                new ReadLanes(SETTINGS, System::nanoTime, new Threads()),
                SETTINGS,
                () -> "error-id",
                new Threads()));
    }

    @Override
    public void close() {
        peers.close();
        channel.shutdownNow();
        server.close();
        fleet.close();
    }

    private static ReadHistoryResponse history(ReadHistoryRequest request) {
        if (request.getTerminalId().isEmpty()) {
            throw new IllegalStateException("a fault of ours");
        }
        if (request.getTerminalId().startsWith("none")) {
            throw new MusterException(ErrorCode.NOT_FOUND, "no output of terminal " + request.getTerminalId());
        }
        return ReadHistoryResponse.newBuilder()
                .addTerminals(TerminalHistory.newBuilder().setTerminalId(request.getTerminalId()))
                .build();
    }

    static String code(Throwable failure) {
        Throwable cause = failure instanceof ExecutionException ? failure.getCause() : failure;
        Metadata trailers = cause instanceof StatusRuntimeException known ? known.getTrailers() : null;
        return trailers == null ? "" : String.valueOf(trailers.get(CODE));
    }

    static ListNodesRequest.Builder over(String... audiences) {
        return ListNodesRequest.newBuilder().addAllAudiences(List.of(audiences)).setLimit(100);
    }

    static List<String> names(ListNodesResponse response) {
        return response.getNodesList().stream()
                .map(view -> view.getNode().getName())
                .toList();
    }
}
