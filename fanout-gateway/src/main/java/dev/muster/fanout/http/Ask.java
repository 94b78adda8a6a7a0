package dev.muster.fanout.http;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.ids.TraceParent;
import dev.muster.contract.topics.RecordHeaders;
import dev.muster.fanout.auth.Requester;
import dev.muster.fanout.auth.User;
import dev.muster.proto.records.v1.Role;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What a verified user asks: parameters and body, checked. */
public record Ask(Context ctx, User user, Set<Ground> grounds) {
    /** That the user has at least this role on this node: the answer is theirs for as long as that is so. */
    record Ground(String nodeId, Role role) {}

    Ask(Context ctx, User user) {
        this(ctx, user, ConcurrentHashMap.newKeySet());
    }

    void restOn(String nodeId, Role role) {
        grounds.add(new Ground(nodeId, role));
    }

    /** Largest body, as the contract says. */
    static final int BODY_BYTES_MAX = 1 << 20;

    /** @throws MusterException {@code not-found} if the path names no possible node */
    public String nodeId() {
        return id(Ids.Kind.NODE, "nodeId", "node");
    }

    /** @throws MusterException {@code not-found} if the path names no possible task */
    public String taskId() {
        return id(Ids.Kind.TASK, "taskId", "task");
    }

    /** @throws MusterException {@code not-found} if the path names no possible task group */
    public String groupId() {
        return id(Ids.Kind.TASK_GROUP, "groupId", "task group");
    }

    /** The user, and the trace that the request is part of. */
    public Requester requester() {
        return new Requester(user, TraceParent.of(ctx.header(RecordHeaders.TRACEPARENT)));
    }

    private String id(Ids.Kind kind, String parameter, String noun) {
        String id = ctx.pathParam(parameter);
        if (!Ids.isId(kind, id)) {
            throw new MusterException(ErrorCode.NOT_FOUND, "There is no such " + noun + ", or you may not see it.");
        }
        return id;
    }

    /** {@link QueryParameters} has checked the value. Without a value, a parameter counts as left out. */
    public Optional<String> query(String name) {
        return queries(name).stream().filter(value -> !value.isEmpty()).findFirst();
    }

    public List<String> queries(String name) {
        return QueryParameters.parse(ctx.queryString()).getOrDefault(name, List.of());
    }

    /** Left out, it is false. */
    public boolean flag(String name) {
        return switch (query(name).orElse("false")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw Fields.invalid("'%s' is neither true nor false.".formatted(name));
        };
    }

    public Optional<Long> number(String name, long min, long max) {
        Optional<String> text = query(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            long number = Long.parseLong(text.get());
            if (number >= min && number <= max) {
                return Optional.of(number);
            }
        } catch (NumberFormatException e) {
            // reported below, like a number out of range
        }
        throw Fields.invalid("'%s' is not a whole number from %d to %d.".formatted(name, min, max));
    }

    /** The whole body as JSON text. */
    public byte[] body() {
        return body(ctx);
    }

    /** @throws MusterException {@code too-large}, {@code unsupported-media-type} */
    public static byte[] body(Context ctx) {
        @Nullable String type = ctx.req().getContentType();
        if (ctx.req().getContentLengthLong() > BODY_BYTES_MAX) {
            throw tooLarge();
        }
        byte[] body;
        try {
            body = ctx.req().getInputStream().readNBytes(BODY_BYTES_MAX + 1);
        } catch (IOException e) {
            throw new MusterException(ErrorCode.INVALID, "The body ended early.", e);
        }
        if (body.length > BODY_BYTES_MAX) {
            throw tooLarge();
        }
        if (body.length > 0 && type != null && !isJson(type)) {
            throw new MusterException(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body is not sent as application/json.");
        }
        return body;
    }

    private static boolean isJson(String contentType) {
        String type = contentType.toLowerCase(Locale.ROOT);
        int parameters = type.indexOf(';');
        type = (parameters < 0 ? type : type.substring(0, parameters)).strip();
        return type.equals("application/json") || (type.startsWith("application/") && type.endsWith("+json"));
    }

    private static MusterException tooLarge() {
        return new MusterException(ErrorCode.TOO_LARGE, "The body has more than " + BODY_BYTES_MAX + " bytes.");
    }
}
