package dev.muster.fanout.resources.signin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.Identity;
import dev.muster.fanout.auth.OneTimeSecrets;
import dev.muster.fanout.auth.Origins;
import dev.muster.fanout.auth.RateLimit;
import dev.muster.fanout.auth.Sessions;
import dev.muster.fanout.auth.Tickets;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.command.Revoker;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.Ask;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.json.Json;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Signing in and out in a browser, who one is, and tickets for the stream. */
public final class SignInCalls {
    private static final int TOKEN_CHARS_MAX = 16_384;

    private final Api api;
    private final Authenticator authenticator;
    private final Sessions sessions;
    private final OneTimeSecrets codes;
    private final Tickets tickets;
    private final Origins origins;
    private final Revoker revoker;
    private final RateLimit signIns;

    /** @param signIns how many sessions a user may begin */
    public SignInCalls(
            Api api,
            Authenticator authenticator,
            Sessions sessions,
            OneTimeSecrets codes,
            Tickets tickets,
            Origins origins,
            Revoker revoker,
            RateLimit signIns) {
        this.api = api;
        this.authenticator = authenticator;
        this.sessions = sessions;
        this.codes = codes;
        this.tickets = tickets;
        this.origins = origins;
        this.revoker = revoker;
        this.signIns = signIns;
    }

    public void addTo(RoutesConfig routes) {
        api.read(routes, "/signin", api.open(this::signIn, SignInCalls::cut));
        routes.post("/signin/token", api.open(this::signInWithToken));
        routes.post("/signout", api.open(this::signOut));
        api.read(routes, "/api/v1/me", api.guarded(this::me));
        routes.post("/api/v1/signin-codes", api.guarded(this::code));
        routes.post("/api/v1/stream/tickets", api.guarded(this::ticket));
    }

    /** HEAD is answered as GET would be, but the code stays unused: programs that preview links send HEAD. */
    private CompletableFuture<Answer> signIn(Context ctx) {
        if (isFromAnotherSite(ctx)) {
            return CompletableFuture.completedFuture(hidden(page(403, OTHER_SITE_PAGE)));
        }
        boolean looks = ctx.method().equals(HandlerType.HEAD);
        String code = Optional.ofNullable(ctx.queryParam("code")).orElse("");
        Optional<User> owner = codes.find(code);
        boolean good = owner.filter(authenticator::isGood).isPresent();
        if (!looks) {
            owner = codes.redeem(code);
        }
        Answer answer;
        if (owner.isPresent() && good) {
            answer = looks ? redirect() : begun(ctx, owner.get());
        } else if (owner.isEmpty() && api.recognised(ctx).isPresent()) {
            answer = redirect();
        } else {
            if (!code.isEmpty()) {
                api.countFailure(ctx);
            }
            answer = page(401, SIGN_IN_PAGE);
        }
        return CompletableFuture.completedFuture(hidden(answer));
    }

    /** A link that was cut, perhaps at the end of a line, gets the page where a browser asks. */
    private static Answer cut(Context ctx, MusterException refusal) {
        @Nullable String accepted = ctx.header("Accept");
        if (accepted == null || !accepted.toLowerCase(Locale.ROOT).contains("text/html")) {
            throw refusal;
        }
        return hidden(page(401, SIGN_IN_PAGE));
    }

    private Answer begun(Context ctx, User user) {
        signIns.take(user);
        return redirect().with("Set-Cookie", sessions.begin(user, ctx.header("Host")));
    }

    /**
     * A link on another site's page could sign its visitor in as another user. A browser reports where a request comes
     * from, and a page cannot change that report.
     */
    private static boolean isFromAnotherSite(Context ctx) {
        @Nullable String site = ctx.header("Sec-Fetch-Site");
        return site != null && !site.equals("none") && !site.equals("same-origin");
    }

    private CompletableFuture<Answer> signInWithToken(Context ctx) {
        origins.checkPage(ctx.header("Origin"), ctx.header("Host"));
        @Nullable String type = ctx.req().getContentType();
        if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
            throw new MusterException(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body is not sent as application/json.");
        }
        Fields fields = Fields.of(Ask.body(ctx), Set.of("token"));
        Optional<String> token = fields.text("token", TOKEN_CHARS_MAX);
        if (token.isEmpty()) {
            fields.mistake("'token' is missing");
        }
        fields.throwIfMistaken();
        User user;
        try {
            user = authenticator.userOf(token.orElseThrow().strip());
        } catch (MusterException e) {
            if (e.code() == ErrorCode.UNAUTHENTICATED) {
                api.countFailure(ctx);
            }
            throw e;
        }
        signIns.take(user);
        return CompletableFuture.completedFuture(
                hidden(Answer.empty(204).with("Set-Cookie", sessions.begin(user, ctx.header("Host")))));
    }

    /** Ends the session on every gateway. The browser forgets its cookie in any case. */
    private CompletableFuture<Answer> signOut(Context ctx) {
        origins.checkPage(ctx.header("Origin"), ctx.header("Host"));
        Answer forgotten = hidden(Answer.empty(204).with("Set-Cookie", sessions.forget(ctx.header("Host"))));
        Optional<User> user = api.recognised(ctx)
                .filter(identity -> identity.means() == Identity.Means.COOKIE)
                .map(Identity::user);
        if (user.isEmpty()) {
            return CompletableFuture.completedFuture(forgotten);
        }
        return revoker.token(user.get(), user.get().proof().id(), user.get().expiresAt())
                .thenApply(ended -> forgotten);
    }

    private CompletableFuture<Answer> me(Ask ask) {
        User user = ask.user();
        ObjectNode json = Json.object();
        json.put("user", user.name());
        json.set("groups", Json.texts(user.groups()));
        json.put("role", user.admin() ? "ADMIN" : null);
        json.put("expiresAt", user.expiresAt().toString());
        json.put("tokenId", user.proof().id().isEmpty() ? null : user.proof().id());
        return CompletableFuture.completedFuture(hidden(Answer.json(200, json)));
    }

    /** A code that signs one browser in as the one who asks, for as long as the token that asks is good. */
    private CompletableFuture<Answer> code(Ask ask) {
        OneTimeSecrets.Issued issued = codes.issue(ask.user());
        ObjectNode json = Json.object();
        json.put("code", issued.secret());
        json.put("path", "/signin?code=" + issued.secret());
        json.put("expiresAt", issued.until() == null ? null : issued.until().toString());
        return CompletableFuture.completedFuture(hidden(Answer.json(201, json)));
    }

    private CompletableFuture<Answer> ticket(Ask ask) {
        OneTimeSecrets.Issued issued = tickets.issue(ask.user());
        ObjectNode json = Json.object();
        json.put("ticket", issued.secret());
        json.put("expiresAt", issued.until() == null ? null : issued.until().toString());
        return CompletableFuture.completedFuture(hidden(Answer.json(201, json)));
    }

    private static Answer redirect() {
        return Answer.empty(302).with("Location", "/");
    }

    private static Answer page(int status, String html) {
        return Answer.bytes(status, "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8));
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
            <p>Each link signs in one browser, once, within a few minutes.</p>
            <ul>
            <li>Print a new link with <code>infra/muster open</code>; <code>infra/muster up</code> prints one when it starts.</li>
            <li>Or make a token with <code>infra/muster token --user YOU</code> and enter it on the <a href="/">sign-in page</a>.</li>
            </ul>
            </main>
            </html>
            """;

    private static final String OTHER_SITE_PAGE = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Sign in to Muster</title>
            <style>
            :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
            main { max-width: 34rem; margin: 15vh auto; padding: 0 1.5rem }
            </style>
            <main>
            <h1>This link was opened from another site</h1>
            <p>A link on a page could sign you in as another user, so you were not signed in. If you trust the link, copy it into the address bar.</p>
            </main>
            </html>
            """;
}
