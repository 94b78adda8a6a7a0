package dev.muster.fanout.resources;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.ErrorIds;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.Hosts;
import dev.muster.fanout.auth.OneTimeSecrets;
import dev.muster.fanout.auth.Origins;
import dev.muster.fanout.auth.RateLimit;
import dev.muster.fanout.auth.Sessions;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.Tickets;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.auth.UserKey;
import dev.muster.fanout.auth.UserTokens;
import dev.muster.fanout.command.Commands;
import dev.muster.fanout.command.Revoker;
import dev.muster.fanout.http.AccessWatch;
import dev.muster.fanout.http.AnswerShares;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.HangUps;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.http.WebServer;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.lines.NewLines;
import dev.muster.fanout.output.Downloads;
import dev.muster.fanout.output.RawOutput;
import dev.muster.fanout.publish.RecordPublisher;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.fanout.resources.groups.GroupCalls;
import dev.muster.fanout.resources.health.HealthCalls;
import dev.muster.fanout.resources.history.HistoryCall;
import dev.muster.fanout.resources.history.LinesFixture;
import dev.muster.fanout.resources.history.NewLinesCall;
import dev.muster.fanout.resources.nodes.Invites;
import dev.muster.fanout.resources.nodes.NodeCalls;
import dev.muster.fanout.resources.output.OutputCall;
import dev.muster.fanout.resources.output.RawFixture;
import dev.muster.fanout.resources.signin.RevocationCalls;
import dev.muster.fanout.resources.signin.SignInCalls;
import dev.muster.fanout.resources.tasks.TaskCalls;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.CommandRecord;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.javalin.Javalin;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP side on a real port, with the registry's query service on another and Kafka's own mock of a producer: sent
 * requests are applied and answered.
 */
public final class GatewayFixture implements AutoCloseable {
    public static final UserKey KEY = UserKey.of(new byte[32]);
    public static final int NODES_MAX = 600;
    public static final int FAILURES_MAX = 20;
    public static final int LISTS_PER_USER_MAX = 16;
    public static final Duration TOKEN_LIFE_MAX = Duration.ofDays(366);

    public final FakeRegistry registry = new FakeRegistry();
    public final LinesFixture lines;
    public final UserTokens tokens = new UserTokens(KEY, TOKEN_LIFE_MAX, Clock.systemUTC());
    public final OneTimeSecrets codes = new OneTimeSecrets(Clock.systemUTC(), Duration.ofMinutes(10), 10);
    public final Standing standing = new Standing(Clock.systemUTC(), 100);
    public final Revoker revoker;
    public final Downloads downloads;
    public final HttpClient http = HttpClient.newHttpClient();
    public volatile boolean broker = true;
    public volatile boolean replies = true;
    private final ExecutorService answers = Executors.newFixedThreadPool(2);
    private final Server query;
    private final HangUps hangUps = new HangUps(new Threads());
    private final RegistryClient client;
    private final MockProducer<byte[], byte[]> producer;
    private final RecordPublisher publisher;
    private final AccessWatch access;
    private final Api api;
    private final Javalin web;

    public GatewayFixture() throws IOException {
        this(1_000, Duration.ofSeconds(2), Duration.ofSeconds(30), null);
    }

    /** @param lines what was printed, which several gateways may share */
    public GatewayFixture(LinesFixture lines) throws IOException {
        this(1_000, Duration.ofSeconds(2), Duration.ofSeconds(30), null, lines);
    }

    /** @param raw null: there is no output */
    public GatewayFixture(int mutationsPerMinute, Duration commandTimeout, Duration stall, @Nullable RawFixture raw)
            throws IOException {
        this(mutationsPerMinute, commandTimeout, stall, raw, new LinesFixture());
    }

    private GatewayFixture(
            int mutationsPerMinute,
            Duration commandTimeout,
            Duration stall,
            @Nullable RawFixture raw,
            LinesFixture lines)
            throws IOException {
        this.lines = lines;
        query = NettyServerBuilder.forAddress(new InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), 0))
                .addService(registry)
                .build()
                .start();
        client = new RegistryClient("127.0.0.1:" + query.getPort(), Duration.ofSeconds(60), 4 << 20, answers);
        List<Commands> commands = new ArrayList<>();
        producer = new ApplyingProducer(commands);
        publisher = new RecordPublisher(
                producer,
                new TopicNames("t."),
                List.of(Topic.COMMANDS, Topic.REVOCATIONS, Topic.AUDIT),
                1 << 20,
                () -> broker,
                answers,
                new Threads());
        Ids ids = new Ids();
        commands.add(new Commands(
                publisher,
                1_000,
                1 << 20,
                512,
                client,
                ids,
                ids.make(Ids.Kind.GATEWAY, 1),
                commandTimeout,
                Clock.systemUTC(),
                answers));
        publisher.start();
        Clock clock = Clock.systemUTC();
        UserKey key = KEY;
        Tickets tickets =
                new Tickets(key, new OneTimeSecrets(clock, Duration.ofSeconds(30), 10), Duration.ofHours(1), clock);
        Sessions sessions = new Sessions(key, Duration.ofHours(1), false, clock);
        Authenticator authenticator = new Authenticator(tokens, sessions, tickets, standing);
        Origins origins = new Origins(List.of());
        standing.setKnown();
        revoker = new Revoker(publisher::publish, standing, TOKEN_LIFE_MAX, clock);
        Problems problems = new Problems(new ErrorIds());
        access = new AccessWatch(client, standing, new Threads());
        api = new Api(
                authenticator,
                origins,
                new Api.Limits(
                        new RateLimit("changes", mutationsPerMinute, System::nanoTime),
                        new RateLimit("reads", 100_000, System::nanoTime),
                        new RateLimit("wrong tokens", FAILURES_MAX, System::nanoTime)),
                access,
                problems,
                stall,
                answers,
                new Threads());
        RawFixture outputs = raw == null ? new RawFixture() : raw;
        RawOutput output = outputs.start(answers);
        downloads = new Downloads(outputs.limits());
        newLines = lines.start(KEY, answers);
        AnswerShares lists = new AnswerShares("reads of lists", 64, LISTS_PER_USER_MAX);
        web = WebServer.create(
                        "127.0.0.1",
                        0,
                        new Hosts("127.0.0.1", List.of()),
                        new WebServer.Arrival(Duration.ofMillis(1_500), Duration.ofSeconds(3)),
                        Duration.ofSeconds(1),
                        problems,
                        ServerConnector::new,
                        new HttpCalls(
                                api,
                                new NodeCalls(
                                        api,
                                        client,
                                        commands.get(0),
                                        problems,
                                        ids,
                                        Clock.systemUTC(),
                                        new Invites(KEY.derive("invites"), ids, Clock.systemUTC()),
                                        "gw:7443",
                                        NODES_MAX,
                                        Duration.ofMillis(80),
                                        (user, p) -> "pos",
                                        lists),
                                new TaskCalls(api, client, commands.get(0), output, ids, Clock.systemUTC(), lists),
                                new GroupCalls(api, client, commands.get(0), ids, Clock.systemUTC(), lists),
                                new HistoryCall(
                                        api,
                                        client,
                                        new AnswerShares("reads of history", 64, 8),
                                        hangUps,
                                        new NewLinesCall(
                                                api,
                                                client,
                                                newLines,
                                                LinesFixture.PARTITIONS,
                                                downloads,
                                                outputs.time(),
                                                standing,
                                                hangUps)),
                                new OutputCall(
                                        api,
                                        client,
                                        output,
                                        downloads,
                                        new OutputCall.Limits(outputs.time(), outputs.silence()),
                                        problems,
                                        clock,
                                        hangUps,
                                        answers),
                                new SignInCalls(
                                        api,
                                        authenticator,
                                        sessions,
                                        codes,
                                        tickets,
                                        origins,
                                        revoker,
                                        new RateLimit("sign-ins", 10, System::nanoTime)),
                                new RevocationCalls(api, standing, revoker),
                                new HealthCalls(
                                        api,
                                        client,
                                        Map.of("broker", () -> broker),
                                        () -> publisher.unknownTopics(),
                                        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                                        false))::addTo,
                        handler -> {})
                .start();
        closeOutput = output;
        org.awaitility.Awaitility.await().until(publisher::ready);
    }

    private final RawOutput closeOutput;
    private final NewLines newLines;

    /** {@code GET /path} of every route. */
    public Set<String> routes() {
        return web.unsafe.internalRouter.allHttpHandlers().stream()
                .map(route -> route.endpoint)
                .filter(endpoint -> endpoint.method.isHttpMethod())
                .map(endpoint -> endpoint.method + " " + endpoint.path)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Records that the gateway has written. */
    public List<ProducerRecord<byte[], byte[]>> written() {
        return producer.history();
    }

    public int answering() {
        return api.answering();
    }

    public int port() {
        return web.port();
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    public String token(String user, String... groups) {
        return tokens.issue(new User(user, List.of(groups), false, Instant.now().plusSeconds(60)));
    }

    public String adminToken() {
        return tokens.issue(new User("root", List.of(), true, Instant.now().plusSeconds(60)));
    }

    public HttpRequest.Builder request(String token, String path) {
        return HttpRequest.newBuilder(uri(path)).header("Authorization", "Bearer " + token);
    }

    public HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    public HttpResponse<String> get(String token, String path) throws IOException, InterruptedException {
        return send(request(token, path));
    }

    public HttpResponse<String> send(String token, String method, String path, String body)
            throws IOException, InterruptedException {
        return send(request(token, path)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    public static JsonNode json(HttpResponse<String> response) throws IOException {
        return Json.MAPPER.readTree(response.body());
    }

    @Override
    public void close() {
        web.stop();
        hangUps.close();
        api.close();
        access.close();
        closeOutput.close();
        newLines.close();
        publisher.close();
        client.close();
        query.shutdownNow();
        answers.shutdownNow();
    }

    /** Kafka's mock, which has every command applied and answered. */
    private final class ApplyingProducer extends MockProducer<byte[], byte[]> {
        private final List<Commands> commands;

        ApplyingProducer(List<Commands> commands) {
            super(cluster(), true, null, new ByteArraySerializer(), new ByteArraySerializer());
            this.commands = commands;
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            Future<RecordMetadata> sent = super.send(record, callback);
            if (!record.topic().equals("t.commands")) {
                return sent;
            }
            try {
                CommandRecord command = CommandRecord.parseFrom(record.value());
                if (replies) {
                    var unused =
                            CompletableFuture.runAsync(() -> commands.get(0).accept(registry.apply(command)), answers);
                }
            } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
            }
            return sent;
        }

        private static Cluster cluster() {
            Node node = new Node(0, "localhost", 1);
            Node[] nodes = {node};
            return new Cluster(
                    "c",
                    List.of(node),
                    List.of(
                            new PartitionInfo("t.commands", 0, node, nodes, nodes),
                            new PartitionInfo("t.revocations", 0, node, nodes, nodes),
                            new PartitionInfo("t.audit", 0, node, nodes, nodes)),
                    java.util.Set.of(),
                    java.util.Set.of());
        }
    }
}
