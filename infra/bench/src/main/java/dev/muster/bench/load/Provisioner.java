package dev.muster.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiRequest;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.JoinResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Creates nodes as an operator of a new fleet would: lists of them with {@code POST /api/v1/nodes}, and the
 * {@code Join} call for each credential, hundreds under way at once. All simulated agents have one key pair: making one
 * for each would take most of the time.
 */
public final class Provisioner {
    private static final int NODES_PER_REQUEST = 250;
    /** Requests whose nodes are still joining count: fewer joins than a gateway lets wait. */
    private static final int REQUESTS_AT_ONCE = 3;

    /** Nodes may wait behind those of a whole storm. */
    private static final Duration ANSWER = Duration.ofHours(1);

    private static final int TRIES = 60;
    private static final long RETRY_MILLIS = 100;
    private static final long RETRY_MILLIS_MAX = 2_000;
    private static final long PROGRESS_NANOS = 5_000_000_000L;

    private final ApiClient client;
    private final Channels channels;
    private final Progress progress;
    private final KeyPair keys;
    private final Queue<SimNode> made = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    public Provisioner(String url, Supplier<String> token, Channels channels, Progress progress) {
        this.client =
                ApiClient.builder(URI.create(url), token).answerTimeout(ANSWER).build();
        this.channels = channels;
        this.progress = progress;
        try {
            this.keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK from 15 on has Ed25519", e);
        }
    }

    /**
     * @param prefix of their names; also their label {@code fleet}
     * @throws IOException with the first refusal that a repeat did not cure
     */
    public List<SimNode> make(String prefix, int count) throws IOException, InterruptedException {
        made.clear();
        Semaphore room = new Semaphore(REQUESTS_AT_ONCE);
        long saidNanos = System.nanoTime();
        for (int from = 0; from < count && failure.get() == null; from += NODES_PER_REQUEST) {
            room.acquire();
            List<String> names = IntStream.rangeClosed(from + 1, Math.min(count, from + NODES_PER_REQUEST))
                    .mapToObj(number -> prefix + "-" + number)
                    .toList();
            ApiRequest request = ApiRequest.post("/api/v1/nodes", body(prefix, names));
            var unused = create(request, new HashSet<>(), 1).whenComplete((done, problem) -> {
                if (problem != null) {
                    failure.compareAndSet(null, problem);
                }
                room.release();
            });
            if (System.nanoTime() - saidNanos > PROGRESS_NANOS) {
                saidNanos = System.nanoTime();
                progress.say("  " + made.size() + " of " + count + " nodes have joined");
            }
        }
        room.acquire(REQUESTS_AT_ONCE);
        Throwable problem = failure.get();
        if (problem != null) {
            throw new IOException("a node could not be made: " + problem.getMessage(), problem);
        }
        return List.copyOf(made);
    }

    /**
     * Completes when all of them have joined. While some were not created, the same list is requested again under its
     * key, which creates none twice.
     *
     * @param joined ids of the nodes that an earlier answer named; grows
     */
    private CompletableFuture<Void> create(ApiRequest request, Set<String> joined, int attempt) {
        return client.exchangeAsync(request).thenCompose(response -> {
            int status = response.status();
            boolean again = status == 207 || status == 429 || status == 503;
            String answer = "POST /api/v1/nodes: " + status + " " + response.text();
            if (status != 201 && !again) {
                return CompletableFuture.failedFuture(new IOException(answer));
            }
            if (again && attempt == TRIES) {
                return CompletableFuture.failedFuture(new WaitRanOut(TRIES + " times: " + answer));
            }
            List<CompletableFuture<Void>> all = new ArrayList<>();
            if (status == 201 || status == 207) {
                for (JsonNode result : response.json().path("results")) {
                    if (!result.hasNonNull("problem")
                            && joined.add(result.path("node").path("nodeId").asText())) {
                        all.add(join(result.path("invite").path("token").asText(), 1));
                    }
                }
            }
            if (again) {
                all.add(pause(response.retryAfter().toMillis())
                        .thenCompose(over -> create(request, joined, attempt + 1)));
            }
            return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
        });
    }

    private static ObjectNode body(String fleet, List<String> names) {
        ObjectNode body = JsonNodeFactory.instance
                .objectNode()
                .put("idempotencyKey", UUID.randomUUID().toString());
        ArrayNode nodes = body.putArray("nodes");
        for (String name : names) {
            nodes.addObject()
                    .put("name", name)
                    .putObject("labels")
                    .put("bench", "true")
                    .put("fleet", fleet);
        }
        return body;
    }

    private static CompletableFuture<Void> pause(long millis) {
        return CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS));
    }

    private CompletableFuture<Void> join(String invite, int attempt) {
        CompletableFuture<JoinResponse> answer = new CompletableFuture<>();
        AgentIngressGrpc.newStub(channels.of(Math.floorMod(invite.hashCode(), channels.size())))
                .join(request(invite), new StreamObserver<>() {
                    @Override
                    public void onNext(JoinResponse response) {
                        answer.complete(response);
                    }

                    @Override
                    public void onError(Throwable problem) {
                        answer.completeExceptionally(problem);
                    }

                    @Override
                    public void onCompleted() {}
                });
        return answer.thenAccept(response -> made.add(new SimNode(response.getNodeId(), response.getCredential())))
                .exceptionallyCompose(problem -> attempt < TRIES
                        ? pause(Math.min(RETRY_MILLIS * attempt, RETRY_MILLIS_MAX))
                                .thenCompose(over -> join(invite, attempt + 1))
                        : CompletableFuture.failedFuture(problem));
    }

    private JoinRequest request(String invite) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(keys.getPrivate());
            signature.update(invite.getBytes(StandardCharsets.UTF_8));
            return JoinRequest.newBuilder()
                    .setInvite(invite)
                    .setPublicKey(ByteString.copyFrom(keys.getPublic().getEncoded()))
                    .setProof(ByteString.copyFrom(signature.sign()))
                    .setHost(host())
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a key of ours that cannot sign", e);
        }
    }

    static Host host() {
        return Host.newBuilder()
                .setHostname("sim")
                .setOs("Linux 6.1")
                .setArch("amd64")
                .setCpuCount(8)
                .setMemoryTotalBytes(32L << 30)
                .build();
    }
}
