package dev.muster.cli.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jwt.JWTParser;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.PlainText;
import dev.muster.client.ApiClient;
import java.text.ParseException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Revokes tokens and lists the revoked ones. */
@Command(
        name = "tokens",
        mixinStandardHelpOptions = true,
        description = {
            "List the tokens that are revoked, or revoke some. What is open with them ends within seconds, on every gateway.",
            "Tokens are made with `token`, without asking a gateway, so there is no list of those that are good."
        })
public final class TokensCommand implements Runnable {
    @Mixin
    final ConnectOptions connect;

    @Option(
            names = "--revoke",
            paramLabel = "TOKEN",
            description = "Revoke this token and the sessions begun with it. The token itself, or its id (jti).")
    @Nullable
    String token;

    @Option(
            names = "--revoke-user",
            paramLabel = "NAME",
            description = "Revoke all tokens and sessions that this user has until now.")
    @Nullable
    String user;

    private final CliIo io;

    public TokensCommand(CliIo io) {
        this.io = io;
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public void run() {
        if (token != null && user != null) {
            throw new CliFailure("--revoke and --revoke-user are two calls");
        }
        ApiClient api = connect.client();
        if (token == null && user == null) {
            JsonNode list = api.get("/api/v1/revocations?limit=1000").path("revocations");
            list.forEach(this::print);
            return;
        }
        ObjectNode body = Json.object();
        if (token != null) {
            body.put("tokenId", idOf(token));
        } else {
            body.put("user", user);
        }
        print(api.post("/api/v1/revocations", body, true).path("revocation"));
    }

    private void print(JsonNode revocation) {
        boolean ofUser = !revocation.path("user").isNull();
        io.print(PlainText.of("%s %s revoked %s by %s"
                .formatted(
                        ofUser ? "user" : "token",
                        revocation.path(ofUser ? "user" : "tokenId").asText(),
                        revocation.path("revokedAt").asText(),
                        revocation.path("revokedBy").asText())));
    }

    /** The id of a token; any other text is taken as an id. */
    static String idOf(String text) {
        if (text.indexOf('.') < 0) {
            return text;
        }
        try {
            @Nullable
            String id = JWTParser.parse(text.strip()).getJWTClaimsSet().getJWTID();
            if (id != null) {
                return id;
            }
        } catch (ParseException e) {
            // reported below: a text that is no valid token must not be shown
        }
        throw new CliFailure("this is neither a token with an id nor an id; revoke all of its user with --revoke-user");
    }
}
