package dev.muster.fanout;

import dev.muster.contract.errors.ErrorIds;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.Hosts;
import dev.muster.fanout.auth.OneTimeSecrets;
import dev.muster.fanout.auth.Origins;
import dev.muster.fanout.auth.Proof;
import dev.muster.fanout.auth.RateLimit;
import dev.muster.fanout.auth.Sessions;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.Tickets;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.auth.UserKey;
import dev.muster.fanout.auth.UserTokens;
import dev.muster.fanout.command.Commands;
import dev.muster.fanout.command.ReplyTail;
import dev.muster.fanout.command.RevocationTail;
import dev.muster.fanout.command.Revoker;
import dev.muster.fanout.http.AccessWatch;
import dev.muster.fanout.http.AnswerShares;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.HangUps;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.http.WebServer;
import dev.muster.fanout.lines.LinesTopic;
import dev.muster.fanout.lines.NewLines;
import dev.muster.fanout.live.host.Heartbeat;
import dev.muster.fanout.log.KafkaFeed;
import dev.muster.fanout.log.TopicWatch;
import dev.muster.fanout.output.Downloads;
import dev.muster.fanout.output.RawOutput;
import dev.muster.fanout.output.StdoutTopic;
import dev.muster.fanout.publish.BrokerProbe;
import dev.muster.fanout.publish.KafkaClients;
import dev.muster.fanout.publish.RecordPublisher;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.fanout.registry.RegistryProbe;
import dev.muster.fanout.resources.HttpCalls;
import dev.muster.fanout.resources.groups.GroupCalls;
import dev.muster.fanout.resources.health.HealthCalls;
import dev.muster.fanout.resources.history.HistoryCall;
import dev.muster.fanout.resources.history.NewLinesCall;
import dev.muster.fanout.resources.nodes.Invites;
import dev.muster.fanout.resources.nodes.NodeCalls;
import dev.muster.fanout.resources.output.OutputCall;
import dev.muster.fanout.resources.signin.RevocationCalls;
import dev.muster.fanout.resources.signin.SignInCalls;
import dev.muster.fanout.resources.tasks.TaskCalls;
import dev.muster.fanout.transport.StreamEndpoint;
import dev.muster.fanout.transport.websocket.FrameConnector;
import dev.muster.kit.kafka.TopicProvisioner;
import dev.muster.kit.process.Closer;
import dev.muster.kit.process.Threads;
import io.javalin.Javalin;
import io.javalin.util.JavalinBindException;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The fan-out gateway, running: HTTP API, live feed and page on one port. */
public final class FanoutServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FanoutServer.class);
    private static final int ANSWER_THREADS = 4;
    /** Lists and outputs of groups under way, some MiB each. */
    private static final int LISTS_MAX = 64;

    private static final int LISTS_PER_USER_MAX = 16;
    private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration TICKET_LIFE = Duration.ofSeconds(30);

    private final Closer closer = new Closer();
    private final Threads threads = new Threads();
    private final Clock clock = Clock.systemUTC();
    private final OneTimeSecrets codes;
    private final Javalin web;

    /**
     * Starts everything; when this returns, the port answers. {@code /readyz} reports readiness.
     *
     * @param variables as of the environment; see {@link FanoutConfig}
     * @throws dev.muster.kit.settings.BadSettingsException with every mistake in the settings
     * @throws dev.muster.kit.kafka.TopicsException if the topics are not as the settings say
     * @throws IOException if the key cannot be read
     * @throws InterruptedException if interrupted meanwhile
     */
    public static FanoutServer start(Map<String, String> variables) throws IOException, InterruptedException {
        return new FanoutServer(FanoutConfig.from(variables));
    }

    private FanoutServer(FanoutConfig config) throws IOException, InterruptedException {
        try {
            this.codes = new OneTimeSecrets(clock, config.signIn().code(), config.ticketsMax());
            this.web = build(config);
            web.start();
        } catch (JavalinBindException e) {
            closer.close();
            throw new IOException(
                    "cannot listen on " + config.httpHost() + ":" + config.httpPort()
                            + " (MUSTER_FANOUT_HTTP_HOST, MUSTER_FANOUT_HTTP_PORT): is the port taken?",
                    e);
        } catch (IOException | InterruptedException | RuntimeException e) {
            closer.close();
            throw e;
        }
        LOG.atInfo().addKeyValue("port", web.port()).log("fan-out gateway listens");
    }

    /** The port that answers. */
    public int httpPort() {
        return web.port();
    }

    /** Completes, with the reason, when it can no longer do its work: only a new start can help. */
    public CompletableFuture<String> failed() {
        return threads.failed();
    }

    /** A code for {@code /signin?code=}, which signs one browser in, once. */
    public String issueSignInCode(String user, List<String> groups, boolean admin) {
        return codes.issue(new User(user, groups, admin, Instant.MAX, new Proof("", "", clock.instant())))
                .secret();
    }

    /** Stops taking requests, waits for those being answered, then ends everything. */
    @Override
    public void close() {
        closer.close();
    }

    private Javalin build(FanoutConfig config) throws IOException, InterruptedException {
        var kafka = config.kafka();
        var clients = new KafkaClients(kafka);
        UserKey userKey = UserKey.read(Path.of(config.userKeyFile()));
        UserTokens tokens = new UserTokens(userKey, config.signIn().tokenLifeMax(), clock);
        Sessions sessions = new Sessions(userKey, config.session(), config.cookieSecure(), clock);
        Standing standing = new Standing(clock, config.signIn().revocationsMax());
        ExecutorService answers = closer.add(
                Executors.newFixedThreadPool(ANSWER_THREADS, threads.pool("fanout-answers")),
                ExecutorService::shutdown);
        Admin admin = closer.add(clients.admin(), open -> open.close(Duration.ofSeconds(1)));
        new TopicProvisioner(admin, kafka.names(), kafka.partitions(), kafka.replication()).ensure();

        Ids ids = new Ids();
        String gatewayId = ids.make(Ids.Kind.GATEWAY, clock.millis());
        BrokerProbe probe = closer.add(new BrokerProbe(admin, System::nanoTime, threads));
        RecordPublisher publisher = closer.add(new RecordPublisher(
                clients.producer(config.publishBytesMax()),
                kafka.names(),
                List.of(Topic.COMMANDS, Topic.WATCHES, Topic.INPUT, Topic.REVOCATIONS, Topic.AUDIT),
                config.publishBytesMax(),
                probe::answers,
                answers,
                threads));
        RegistryClient registry =
                closer.add(new RegistryClient(config.registry(), QUERY_TIMEOUT, config.answerBytesMax(), answers));
        RegistryProbe registryProbe = closer.add(new RegistryProbe(registry, System::nanoTime, threads));
        Commands commands = new Commands(
                publisher,
                config.commandsPendingMax(),
                config.commandsWaitingBytesMax(),
                config.commandsAtOnceMax(),
                registry,
                ids,
                gatewayId,
                config.commandTimeout(),
                clock,
                answers);
        ReplyTail replies = closer.add(new ReplyTail(
                clients.tail(),
                new TopicPartition(
                        kafka.names().of(Topic.REPLIES), kafka.partitions().ofGateway(gatewayId)),
                gatewayId,
                commands::accept,
                threads));
        StdoutTopic stdout =
                new StdoutTopic(admin, probe::answers, kafka.names().of(Topic.STDOUT), System::nanoTime);
        RawOutput raw = closer.add(new RawOutput(
                stdout::facts,
                kafka.names().of(Topic.STDOUT),
                config.output().readers(),
                clients::blocks,
                answers,
                threads));
        NewLines lines = closer.add(new NewLines(
                new LinesTopic(admin, probe::answers, kafka.names().of(Topic.TERMINAL_LINES)),
                kafka.names().of(Topic.TERMINAL_LINES),
                kafka.partitions(),
                config.lines(),
                userKey.derive("line cursors"),
                clients::lines,
                answers,
                threads));
        Revoker revoker =
                new Revoker(publisher::publish, standing, config.signIn().tokenLifeMax(), clock);
        RevocationTail revocations = closer.add(new RevocationTail(
                clients.tail(),
                kafka.names().of(Topic.REVOCATIONS),
                kafka.partitions().gateway(),
                standing,
                revoker::publishAgain,
                threads));
        TopicWatch revocationsTopic = closer.add(new TopicWatch(
                admin,
                List.of(kafka.names().of(Topic.REVOCATIONS)),
                (name, identity, recreated) -> {
                    if (recreated) {
                        revocations.restart();
                    }
                },
                "fanout-revocations-topic",
                threads));
        Downloads downloads = new Downloads(config.output().limits());
        probe.start();
        registryProbe.start();
        publisher.start();
        replies.start();
        revocations.start();
        revocationsTopic.start();

        Tickets tickets = new Tickets(
                userKey,
                new OneTimeSecrets(clock, TICKET_LIFE, config.ticketsMax()),
                config.signIn().ticketAgain(),
                clock);
        Authenticator authenticator = new Authenticator(tokens, sessions, tickets, standing);
        Origins origins = new Origins(config.origins());
        ErrorIds errorIds = new ErrorIds();
        Problems problems = new Problems(errorIds);
        Api api = new Api(
                authenticator,
                origins,
                new Api.Limits(
                        new RateLimit("changes", config.mutationsPerMinute(), System::nanoTime),
                        new RateLimit("reads", config.signIn().readsPerMinute(), System::nanoTime),
                        new RateLimit(
                                "wrong tokens or codes from your address",
                                config.signIn().failuresPerMinute(),
                                System::nanoTime)),
                closer.add(new AccessWatch(registry, standing, threads)),
                problems,
                config.outputStall(),
                answers,
                threads);
        closer.add(api);
        PrometheusMeterRegistry metrics = metrics(api, commands, publisher, replies, raw, lines, downloads);
        Map<String, BooleanSupplier> parts = new LinkedHashMap<>();
        parts.put("threads", () -> threads.problem().isEmpty());
        parts.put("broker", probe::answers);
        parts.put("publisher", publisher::ready);
        parts.put("replies", replies::positioned);
        parts.put("revocations", revocations::ready);

        KafkaFeed feed = closer.add(new KafkaFeed(
                kafka,
                config.stream().tails(),
                config.stream().catchUp(),
                userKey.derive("resume tokens"),
                System::nanoTime,
                threads));
        StreamEndpoint stream = new StreamEndpoint(
                config.stream(),
                feed.feed(),
                registry,
                publisher::publish,
                gatewayId,
                authenticator,
                tickets,
                standing,
                origins,
                new Heartbeat(
                        config.stream().heartbeat(),
                        probe::heardMillisAgo,
                        registryProbe::readyMillisAgo,
                        System::nanoTime),
                metrics,
                clock,
                System::nanoTime,
                errorIds,
                threads);
        parts.put("stream", stream::healthy);
        parts.put("topics", feed::topicsPresent);
        feed.start();
        stream.start();

        AnswerShares lists = new AnswerShares("reads of lists", LISTS_MAX, LISTS_PER_USER_MAX);
        HangUps hangUps = closer.add(new HangUps(threads), HangUps::close);
        Javalin server = WebServer.create(
                config.httpHost(),
                config.httpPort(),
                new Hosts(config.httpHost(), config.origins()),
                new WebServer.Arrival(config.requestHead(), config.request()),
                config.drain(),
                problems,
                (connected, http) -> new FrameConnector(connected, http, config.vanished()),
                new HttpCalls(
                                api,
                                new NodeCalls(
                                        api,
                                        registry,
                                        commands,
                                        problems,
                                        ids,
                                        clock,
                                        new Invites(userKey.derive("invites"), ids, clock),
                                        (config.agentAddress() + " " + config.agentOptions()).strip(),
                                        config.nodesPerRequestMax(),
                                        config.nodeTimeout(),
                                        stream::position,
                                        lists),
                                new TaskCalls(api, registry, commands, raw, ids, clock, lists),
                                new GroupCalls(api, registry, commands, ids, clock, lists),
                                new HistoryCall(
                                        api,
                                        registry,
                                        new AnswerShares(
                                                "reads of history",
                                                config.historyReadsMax(),
                                                config.historyReadsPerUserMax()),
                                        hangUps,
                                        new NewLinesCall(
                                                api,
                                                registry,
                                                lines,
                                                kafka.partitions(),
                                                downloads,
                                                config.output().download(),
                                                standing,
                                                hangUps)),
                                new OutputCall(
                                        api,
                                        registry,
                                        raw,
                                        downloads,
                                        new OutputCall.Limits(
                                                config.output().download(),
                                                config.output().silence()),
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
                                        new RateLimit(
                                                "sign-ins", config.signIn().signInsPerMinute(), System::nanoTime)),
                                new RevocationCalls(api, standing, revoker),
                                new HealthCalls(
                                        api,
                                        registry,
                                        parts,
                                        publisher::unknownTopics,
                                        metrics,
                                        config.metricsRemote()))::addTo,
                stream::install);
        closer.add(server, Javalin::stop);
        // before the server: viewers are told to reconnect
        closer.add(stream);
        return server;
    }

    private PrometheusMeterRegistry metrics(
            Api api,
            Commands commands,
            RecordPublisher publisher,
            ReplyTail replies,
            RawOutput raw,
            NewLines lines,
            Downloads downloads) {
        PrometheusMeterRegistry metrics =
                closer.add(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), PrometheusMeterRegistry::close);
        new JvmMemoryMetrics().bindTo(metrics);
        new JvmThreadMetrics().bindTo(metrics);
        closer.add(new JvmGcMetrics(), gc -> gc.close()).bindTo(metrics);
        Gauge.builder("muster.fanout.answers", api, Api::answering)
                .description("HTTP answers being made or written")
                .register(metrics);
        Gauge.builder("muster.fanout.downloads", downloads, Downloads::sending)
                .description("downloads of output that send")
                .register(metrics);
        Gauge.builder("muster.fanout.followers", downloads, Downloads::following)
                .description("followed outputs")
                .register(metrics);
        Gauge.builder("muster.fanout.commands.waiting", commands, Commands::waiting)
                .description("changes that wait for the registry's reply")
                .register(metrics);
        Gauge.builder("muster.fanout.commands.queued", commands, Commands::waitingForTurn)
                .description("changes that wait for their turn")
                .register(metrics);
        Gauge.builder("muster.fanout.publish.waiting", publisher, RecordPublisher::waitingBytes)
                .description("bytes of records that the broker has not acknowledged")
                .baseUnit("bytes")
                .register(metrics);
        FunctionCounter.builder("muster.fanout.replies.unreadable", replies, ReplyTail::unreadable)
                .description("replies of the registry that could not be used")
                .register(metrics);
        FunctionCounter.builder("muster.fanout.output.unreadable", raw, RawOutput::unreadable)
                .description("records of raw output that could not be used, counted by each download that met them")
                .register(metrics);
        FunctionCounter.builder("muster.fanout.lines.unreadable", lines, NewLines::unreadable)
                .description("records of lines that could not be used, counted by each call that met them")
                .register(metrics);
        FunctionCounter.builder("muster.fanout.lines.refused", lines, NewLines::refused)
                .description("cursors that are not the gateway's, or are another user's or another call's")
                .register(metrics);
        FunctionCounter.builder("muster.fanout.lines.expired", lines, NewLines::expired)
                .description("cursors after which lines are no longer kept")
                .register(metrics);
        return metrics;
    }
}
