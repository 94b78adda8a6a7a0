package dev.muster.fanout.transport;

import dev.muster.contract.errors.ErrorIds;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.Hosts;
import dev.muster.fanout.auth.OneTimeSecrets;
import dev.muster.fanout.auth.Origins;
import dev.muster.fanout.auth.Sessions;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.Tickets;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.auth.UserKey;
import dev.muster.fanout.auth.UserTokens;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.http.WebServer;
import dev.muster.fanout.live.host.Heartbeat;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.fanout.transport.entry.StreamConfig;
import dev.muster.fanout.transport.websocket.FrameConnector;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.Env;
import io.javalin.Javalin;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The endpoint on a real server and port, over a feed in memory. */
public final class StreamServer implements AutoCloseable {
    public final StreamFixture fixture;
    public final StreamEndpoint endpoint;
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    static final UserKey KEY = UserKey.of(new byte[32]);
    public final Tickets tickets = new Tickets(
            KEY,
            new OneTimeSecrets(Clock.systemUTC(), Duration.ofSeconds(30), 100),
            Duration.ofHours(1),
            Clock.systemUTC());
    final Sessions sessions = new Sessions(KEY, Duration.ofHours(1), false, Clock.systemUTC());
    public final Standing standing = new Standing(Clock.systemUTC(), 100);
    private final UserTokens tokens = new UserTokens(KEY, Duration.ofDays(366), Clock.systemUTC());
    private final Javalin web;

    public StreamServer(Map<String, String> settings) {
        this(settings, new StreamFixture());
    }

    public StreamServer(Map<String, String> settings, StreamFixture fixture) {
        this.fixture = fixture;
        standing.setKnown();
        Map<String, String> all = new java.util.HashMap<>(settings);
        all.putIfAbsent("MUSTER_FANOUT_STREAM_DRAIN_MS", "0");
        Env env = new Env(all);
        StreamConfig config = StreamConfig.from(env);
        env.throwIfMistaken();
        endpoint = new StreamEndpoint(
                config,
                fixture.feed(),
                fixture.registry,
                fixture.sink,
                "gw_1",
                new Authenticator(tokens, sessions, tickets, standing),
                tickets,
                standing,
                new Origins(List.of("https://page.example")),
                new Heartbeat(config.heartbeat(), () -> OptionalLong.of(400), OptionalLong::empty, System::nanoTime),
                meters,
                Clock.systemUTC(),
                System::nanoTime,
                new ErrorIds(),
                new Threads());
        endpoint.start();
        web = WebServer.create(
                "127.0.0.1",
                0,
                new Hosts("127.0.0.1", List.of()),
                new WebServer.Arrival(Duration.ofMillis(1_500), Duration.ofSeconds(3)),
                Duration.ofSeconds(1),
                new Problems(new ErrorIds()),
                FrameConnector::new,
                routes -> {},
                endpoint::install);
        web.start();
    }

    public int port() {
        return web.port();
    }

    public String token(String user, String... groups) {
        return tokens.issue(user(user, groups));
    }

    static User user(String user, String... groups) {
        return new User(
                user, List.of(groups), user.equals("admin"), Instant.now().plusSeconds(600));
    }

    /** A cookie as a browser that asks this gateway sends it. */
    String cookie(String user) {
        String header = sessions.begin(user(user), "127.0.0.1:" + port());
        return header.substring(0, header.indexOf(';'));
    }

    String shortToken(String user, Duration life) {
        return tokens.issue(new User(user, List.of(), false, Instant.now().plus(life)));
    }

    public double count(String name, String... tags) {
        return meters.get(name).tags(tags).counter().count();
    }

    @Override
    public void close() {
        endpoint.close();
        web.stop();
        fixture.close();
    }
}
