package dev.muster.fanout.http;

import io.javalin.config.RoutesConfig;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;

/**
 * Descriptions for clients. That of this interface is a resource written by hand: a test compares it with the routes
 * and with the fields of answers. That of the topics is made by a test, from the table of topics. That of the messages
 * in the topics is made by the build of the contract.
 */
public final class OpenApi {
    private static final String OPEN_API = "/openapi.json";
    private static final String TOPICS = "/asyncapi.json";
    private static final String MESSAGES = "/schemas/muster.desc";

    private final Api api;

    public OpenApi(Api api) {
        this.api = api;
    }

    public void addTo(RoutesConfig routes) {
        serve(routes, OPEN_API, "application/json");
        serve(routes, TOPICS, "application/json");
        serve(routes, MESSAGES, "application/x-protobuf");
    }

    private void serve(RoutesConfig routes, String path, String type) {
        byte[] content = resource(path);
        api.read(
                routes,
                path,
                api.open(ctx -> CompletableFuture.completedFuture(
                        Answer.bytes(200, type, content).with("Cache-Control", "no-cache"))));
    }

    /** The text of the description of this interface. */
    static byte[] document() {
        return resource(OPEN_API);
    }

    private static byte[] resource(String path) {
        try (InputStream in = OpenApi.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("the class path has no " + path);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("the class path cannot be read", e);
        }
    }
}
