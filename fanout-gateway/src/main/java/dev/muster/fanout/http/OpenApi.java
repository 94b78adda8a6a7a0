package dev.muster.fanout.http;

import io.javalin.config.RoutesConfig;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;

/**
 * The description of this interface: a resource written by hand. A test compares it with the routes and with the fields
 * of answers.
 */
public final class OpenApi {
    private static final String RESOURCE = "/openapi.json";

    private final Api api;
    private final byte[] document;

    public OpenApi(Api api) {
        this.api = api;
        document = document();
    }

    public void addTo(RoutesConfig routes) {
        api.read(
                routes,
                "/openapi.json",
                api.open(ctx -> CompletableFuture.completedFuture(
                        Answer.bytes(200, "application/json", document).with("Cache-Control", "no-cache"))));
    }

    /** Its text. */
    static byte[] document() {
        try (InputStream in = OpenApi.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the class path has no " + RESOURCE);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("the class path cannot be read", e);
        }
    }
}
