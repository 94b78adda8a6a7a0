package dev.muster.fanout.transport.entry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.Identity;
import dev.muster.fanout.auth.Origins;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.http.QueryParameters;
import dev.muster.fanout.json.Json;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Decides who may have a stream, and how all others are refused. */
public final class Entrance {
    private final Authenticator authenticator;
    private final Origins origins;
    private final Consumer<String> room;
    private final Supplier<String> errorIds;
    private final QueryParameters queries = QueryParameters.described();

    /** @param room given the address, throws if there is no room for another session */
    public Entrance(Authenticator authenticator, Origins origins, Consumer<String> room, Supplier<String> errorIds) {
        this.authenticator = authenticator;
        this.origins = origins;
        this.room = room;
        this.errorIds = errorIds;
    }

    /**
     * A ticket is used up only when its holder is let in. A visitor who is refused for another reason may use it again.
     *
     * @param withOrigin whether a cookie needs one of our Origins; not needed if the same-origin policy protects the
     *     answer
     * @throws MusterException if the visitor may not enter
     */
    public User admit(HttpServletRequest request, boolean withOrigin) {
        Identity identity = identify(request);
        if (withOrigin) {
            origins.check(identity.means(), request.getHeader("Origin"), request.getHeader("Host"));
        }
        checkQuery(request);
        room.accept(request.getRemoteAddr());
        if (identity.means() != Identity.Means.TICKET) {
            return identity.user();
        }
        return authenticator
                .authenticate(null, request.getParameter("ticket"), null)
                .user();
    }

    /** Admits a user whose ticket is used up and who returns with a position. */
    public User admitAgain(HttpServletRequest request, User user) {
        checkQuery(request);
        room.accept(request.getRemoteAddr());
        return authenticator.again(user);
    }

    private void checkQuery(HttpServletRequest request) {
        queries.check("GET", request.getServletPath(), request.getQueryString());
    }

    /**
     * Comes first, because Jetty fails in its own way on a query that it cannot decode.
     *
     * @throws MusterException {@code invalid}
     */
    public void requireDecodable(HttpServletRequest request) {
        var unused = QueryParameters.parse(request.getQueryString());
    }

    /**
     * Identifies the user; a ticket is not used up.
     *
     * @throws MusterException {@code unauthenticated}
     */
    public Identity identify(HttpServletRequest request) {
        return authenticator.recognise(
                request.getHeader("Authorization"), request.getParameter("ticket"), cookie(request));
    }

    public void refuse(HttpServletResponse response, int status, MusterException why) throws IOException {
        @Nullable String detail = why.getMessage();
        ErrorCode code = why.code();
        ObjectNode problem = Json.object()
                .put("type", "urn:muster:problem:" + code.code())
                .put("title", code.when())
                .put("status", status)
                .put("detail", detail == null ? code.when() : detail)
                .put("code", code.code())
                .put("errorId", errorIds.get());
        byte[] body = Json.bytes(problem);
        response.setStatus(status);
        response.setContentType("application/problem+json");
        if (status == 401) {
            response.setHeader("WWW-Authenticate", "Bearer realm=\"muster\"");
        } else if (status == 503 || status == 429) {
            response.setHeader("Retry-After", "1");
        }
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private @Nullable String cookie(HttpServletRequest request) {
        String name = authenticator.cookieName(request.getHeader("Host"));
        Cookie @Nullable [] cookies = request.getCookies();
        if (cookies != null) {
            for (Cookie cookie : cookies) {
                if (cookie.getName().equals(name)) {
                    return cookie.getValue();
                }
            }
        }
        return null;
    }
}
