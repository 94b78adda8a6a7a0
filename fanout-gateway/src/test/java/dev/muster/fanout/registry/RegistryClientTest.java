package dev.muster.fanout.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RegistryClientTest {
    private final ExecutorService answers = Executors.newFixedThreadPool(2);
    private final AtomicInteger asked = new AtomicInteger();
    private Server server;
    /** So many reads are told that their user has too many; the others are not answered. */
    private volatile int limited;

    @BeforeEach
    void start() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new RegistryQueryGrpc.RegistryQueryImplBase() {
                    @Override
                    public void readHistory(ReadHistoryRequest request, StreamObserver<ReadHistoryResponse> answer) {
                        if (asked.incrementAndGet() <= limited) {
                            Metadata trailers = new Metadata();
                            trailers.put(
                                    Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER), "rate-limited");
                            answer.onError(Status.RESOURCE_EXHAUSTED
                                    .withDescription("Your other reads took all the time.")
                                    .asRuntimeException(trailers));
                        }
                    }
                })
                .build()
                .start();
    }

    @AfterEach
    void stop() {
        server.shutdownNow();
        answers.shutdownNow();
    }

    private MusterException failureOf(Duration deadline) {
        try (RegistryClient client = new RegistryClient("127.0.0.1:" + server.getPort(), deadline, 1 << 20, answers)) {
            CompletionException failure = catchThrowableOfType(
                    CompletionException.class,
                    () -> client.of("alice")
                            .readHistory(ReadHistoryRequest.getDefaultInstance())
                            .join());
            if (failure.getCause() instanceof MusterException cause) {
                return cause;
            }
            throw new AssertionError(failure);
        }
    }

    @Test
    void a_read_whose_time_the_user_s_own_reads_took_is_rate_limited_however_the_last_try_ends() {
        limited = 1;

        MusterException failure = failureOf(Duration.ofSeconds(8));

        assertThat(failure.code()).isEqualTo(ErrorCode.RATE_LIMITED);
        assertThat(failure).hasMessage("Your other reads took all the time.");
        assertThat(asked).hasValueGreaterThan(1);
    }

    @Test
    void a_registry_that_does_not_answer_is_unavailable() {
        assertThat(failureOf(Duration.ofSeconds(1)).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    }
}
