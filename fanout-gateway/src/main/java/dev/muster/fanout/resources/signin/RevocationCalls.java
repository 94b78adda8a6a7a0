package dev.muster.fanout.resources.signin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Revocation;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.command.Revoker;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.Ask;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.json.Json;
import io.javalin.config.RoutesConfig;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Revoking tokens: of anybody for admins, one's own for others. */
public final class RevocationCalls {
    public static final Set<String> FIELDS = Set.of("tokenId", "user");
    private static final int ID_CHARS_MAX = 200;
    private static final int LIMIT_DEFAULT = 100;
    private static final int LIMIT_MAX = 1_000;

    private final Api api;
    private final Standing standing;
    private final Revoker revoker;

    public RevocationCalls(Api api, Standing standing, Revoker revoker) {
        this.api = api;
        this.standing = standing;
        this.revoker = revoker;
    }

    public void addTo(RoutesConfig routes) {
        routes.post("/api/v1/revocations", api.guarded(this::revoke));
        api.read(routes, "/api/v1/revocations", api.guarded(this::list));
    }

    private CompletableFuture<Answer> revoke(Ask ask) {
        Fields fields = Fields.of(ask.body(), FIELDS);
        Optional<String> id = fields.text("tokenId", ID_CHARS_MAX);
        Optional<String> user = fields.text("user", ID_CHARS_MAX);
        if (id.isPresent() == user.isPresent()) {
            fields.mistake("one of 'tokenId' and 'user' is needed");
        }
        if (user.isPresent() && !Ids.isUser(user.get())) {
            fields.mistake("'user' is not the name of a user");
        }
        fields.throwIfMistaken();
        requireMay(ask.user(), id, user);
        return (id.isPresent() ? token(ask.user(), id.get()) : revoker.user(ask.user(), user.orElseThrow()))
                .thenApply(done -> {
                    ObjectNode json = Json.object();
                    json.set("revocation", json(done));
                    return Answer.json(200, json);
                });
    }

    // the token ends by itself at a known time, and its revocation need not be kept longer
    private CompletableFuture<Revocation> token(User asking, String id) {
        return id.equals(asking.proof().id())
                ? revoker.token(asking, id, asking.expiresAt())
                : revoker.token(asking, id);
    }

    private static void requireMay(User asking, Optional<String> id, Optional<String> user) {
        boolean own = user.map(asking.name()::equals)
                .orElse(id.map(asked -> asked.equals(asking.proof().id())
                                || asked.equals(asking.proof().parent()))
                        .orElse(false));
        if (!asking.admin() && !own) {
            throw new MusterException(ErrorCode.FORBIDDEN, "Only an admin may revoke what is another user's.");
        }
    }

    private CompletableFuture<Answer> list(Ask ask) {
        if (!ask.user().admin()) {
            throw new MusterException(ErrorCode.FORBIDDEN, "Only an admin may see what is revoked.");
        }
        long limit = ask.number("limit", 1, LIMIT_MAX).orElse((long) LIMIT_DEFAULT);
        ObjectNode json = Json.object();
        ArrayNode list = json.putArray("revocations");
        standing.list().stream().limit(limit).forEach(revocation -> list.add(json(revocation)));
        return CompletableFuture.completedFuture(Answer.json(200, json));
    }

    static ObjectNode json(Revocation revocation) {
        boolean token = revocation.kind() == Revocation.Kind.TOKEN;
        return Json.object()
                .put("tokenId", token ? revocation.subject() : null)
                .put("user", token ? null : revocation.subject())
                .put("revokedAt", revocation.at().toString())
                .put("revokedBy", revocation.by())
                .put("until", revocation.until().toString());
    }
}
