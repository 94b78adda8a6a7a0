package dev.muster.fanout.resources;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.Api;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The web page's files, read from the class path. Names with a content hash may be cached for ever, the page itself
 * never.
 */
final class Page {
    private static final String FOLDER = "/web/";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*");
    private static final Pattern HASHED = Pattern.compile(".*[-.][A-Za-z0-9_]{8,}\\.[a-z0-9]+");
    private static final int FILES_MAX = 256;
    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("html", "text/html; charset=utf-8"),
            Map.entry("js", "text/javascript; charset=utf-8"),
            Map.entry("mjs", "text/javascript; charset=utf-8"),
            Map.entry("css", "text/css; charset=utf-8"),
            Map.entry("json", "application/json"),
            Map.entry("map", "application/json"),
            Map.entry("webmanifest", "application/manifest+json"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("png", "image/png"),
            Map.entry("ico", "image/x-icon"),
            Map.entry("woff2", "font/woff2"),
            Map.entry("txt", "text/plain; charset=utf-8"));

    private final Api api;
    private final ConcurrentHashMap<String, byte[]> files = new ConcurrentHashMap<>();

    public Page(Api api) {
        this.api = api;
    }

    public void addTo(RoutesConfig routes) {
        api.read(routes, "/", api.open(ctx -> CompletableFuture.completedFuture(index())));
        api.read(routes, "/{file}", api.open(ctx -> CompletableFuture.completedFuture(file(ctx, ""))));
        api.read(routes, "/assets/{file}", api.open(ctx -> CompletableFuture.completedFuture(file(ctx, "assets/"))));
    }

    private Answer index() {
        return load("index.html")
                .map(bytes -> typed("index.html", bytes).with("Cache-Control", "no-store"))
                .orElseGet(() -> Answer.text(
                                200, "Muster is running. This build has no web page; the API is under /api/v1.\n")
                        .with("Cache-Control", "no-store"));
    }

    private Answer file(Context ctx, String folder) {
        String name = folder + ctx.pathParam("file");
        if (name.equals("index.html")) {
            return index();
        }
        byte[] bytes = load(name)
                .orElseThrow(() -> new MusterException(ErrorCode.NOT_FOUND, "There is nothing at this address."));
        String caching = HASHED.matcher(name).matches() ? "public, max-age=31536000, immutable" : "no-cache";
        return typed(name, bytes).with("Cache-Control", caching);
    }

    private static Answer typed(String name, byte[] bytes) {
        String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return Answer.bytes(200, TYPES.getOrDefault(extension, "application/octet-stream"), bytes);
    }

    private Optional<byte[]> load(String name) {
        if (!NAME.matcher(name).matches()) {
            return Optional.empty();
        }
        byte @Nullable [] known = files.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<byte[]> read = read(name);
        if (read.isPresent() && files.size() < FILES_MAX) {
            files.put(name, read.get());
        }
        return read;
    }

    private static Optional<byte[]> read(String name) {
        try (InputStream in = Page.class.getResourceAsStream(FOLDER + name)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new IllegalStateException("the class path cannot be read", e);
        }
    }
}
