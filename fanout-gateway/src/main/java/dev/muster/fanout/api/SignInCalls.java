package dev.muster.fanout.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.OneTimeSecrets;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.auth.UserTokens;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Signing in and out in a browser, who one is, and tickets for the stream. */
public final class SignInCalls {
    private static final int TOKEN_CHARS_MAX = 16_384;

    private final Api api;
    private final UserTokens tokens;
    private final OneTimeSecrets codes;
    private final OneTimeSecrets tickets;
    private final Duration session;
    private final boolean cookieSecure;
    private final Clock clock;

    /** @param session how long a browser that came with a code stays signed in */
    public SignInCalls(
            Api api,
            UserTokens tokens,
            OneTimeSecrets codes,
            OneTimeSecrets tickets,
            Duration session,
            boolean cookieSecure,
            Clock clock) {
        this.api = api;
        this.tokens = tokens;
        this.codes = codes;
        this.tickets = tickets;
        this.session = session;
        this.cookieSecure = cookieSecure;
        this.clock = clock;
    }

    public void addTo(RoutesConfig routes) {
        routes.get("/signin", api.open(this::signIn));
        routes.post("/signin/token", api.open(this::signInWithToken));
        routes.post("/signout", api.open(this::signOut));
        api.read(routes, "/api/v1/me", api.guarded(this::me));
        routes.post("/api/v1/stream/tickets", api.guarded(this::ticket));
    }

    private CompletableFuture<Answer> signIn(Context ctx) {
        String code = Optional.ofNullable(ctx.queryParam("code")).orElse("");
        Optional<User> user = codes.redeem(code);
        Answer answer;
        if (user.isPresent()) {
            User fresh = new User(
                    user.get().name(),
                    user.get().groups(),
                    user.get().admin(),
                    clock.instant().plus(session));
            answer = redirect().with("Set-Cookie", cookie(tokens.issue(fresh), session));
        } else if (isSignedIn(ctx)) {
            answer = redirect();
        } else {
            answer = Answer.bytes(401, "text/html; charset=utf-8", SIGN_IN_PAGE.getBytes(StandardCharsets.UTF_8));
        }
        return CompletableFuture.completedFuture(hidden(answer));
    }

    private CompletableFuture<Answer> signInWithToken(Context ctx) {
        Fields fields = Fields.of(Ask.body(ctx), Set.of("token"));
        Optional<String> token = fields.text("token", TOKEN_CHARS_MAX);
        if (token.isEmpty()) {
            fields.mistake("'token' is missing");
        }
        fields.throwIfMistaken();
        User user = tokens.verify(token.orElseThrow().strip());
        Duration left = Duration.between(clock.instant(), user.expiresAt());
        return CompletableFuture.completedFuture(hidden(
                Answer.empty(204).with("Set-Cookie", cookie(token.orElseThrow().strip(), left))));
    }

    private CompletableFuture<Answer> signOut(Context ctx) {
        return CompletableFuture.completedFuture(
                hidden(Answer.empty(204).with("Set-Cookie", cookie("", Duration.ZERO))));
    }

    private CompletableFuture<Answer> me(Ask ask) {
        ObjectNode json = Json.object();
        json.put("user", ask.user().name());
        json.set("groups", Json.texts(ask.user().groups()));
        json.put("role", ask.user().admin() ? "ADMIN" : null);
        json.put("expiresAt", ask.user().expiresAt().toString());
        return CompletableFuture.completedFuture(hidden(Answer.json(200, json)));
    }

    private CompletableFuture<Answer> ticket(Ask ask) {
        OneTimeSecrets.Issued issued = tickets.issue(ask.user());
        ObjectNode json = Json.object();
        json.put("ticket", issued.secret());
        json.put("expiresAt", issued.until() == null ? null : issued.until().toString());
        return CompletableFuture.completedFuture(hidden(Answer.json(201, json)));
    }

    private boolean isSignedIn(Context ctx) {
        try {
            api.identify(ctx);
            return true;
        } catch (MusterException e) {
            return false;
        }
    }

    // Lax, not Strict: the redirect after a sign-in that began on another site must carry the cookie already
    private String cookie(String value, Duration life) {
        return Authenticator.COOKIE + "=" + value + "; Path=/; HttpOnly; SameSite=Lax; Max-Age="
                + Math.max(0, life.toSeconds()) + (cookieSecure ? "; Secure" : "");
    }

    private static Answer redirect() {
        return Answer.empty(302).with("Location", "/");
    }

    private static Answer hidden(Answer answer) {
        return answer.with("Cache-Control", "no-store").with("Referrer-Policy", "no-referrer");
    }

    private static final String SIGN_IN_PAGE = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Sign in to Muster</title>
            <style>
            :root { color-scheme: light dark; --bg: #f5f6f8; --panel: #fff; --text: #18202b; --border: #dde2e9; --accent: #1d5fd6 }
            @media (prefers-color-scheme: dark) { :root { --bg: #0f1318; --panel: #161b22; --text: #e3e8ee; --border: #272f3a; --accent: #5b9bf8 } }
            body { margin: 0; background: var(--bg); color: var(--text); font: 14px/1.5 system-ui, sans-serif }
            main { max-width: 460px; margin: 12vh auto 0; padding: 24px; background: var(--panel); border: 1px solid var(--border); border-radius: 8px }
            h1 { font-size: 20px; margin: 0 0 8px }
            ul { padding-left: 20px; margin-bottom: 0 }
            a { color: var(--accent) }
            code { background: #8883; padding: .1em .35em; border-radius: .25em }
            </style>
            <main>
            <h1>This sign-in link no longer works</h1>
            <p>Each link signs in one browser, once, and ends when Muster stops.</p>
            <ul>
            <li>Muster prints a new link whenever it starts: <code>infra/muster up</code>.</li>
            <li>Or make a token with <code>infra/muster token --user YOU</code> and enter it on the <a href="/">sign-in page</a>.</li>
            </ul>
            </main>
            </html>
            """;
}
