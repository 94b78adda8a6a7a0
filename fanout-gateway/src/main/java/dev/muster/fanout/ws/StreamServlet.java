package dev.muster.fanout.ws;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.api.Json;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.Identity;
import dev.muster.fanout.auth.Origins;
import dev.muster.fanout.auth.User;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServerContainer;
import org.jspecify.annotations.Nullable;

/**
 * The upgrade: who is it, from which page, by which subprotocol; refusals are ordinary HTTP answers. A servlet of its own beside Javalin's, whose WebSocket routes
 * would make an HTTP session per handshake, echo the first subprotocol offered, and hide pongs.
 */
final class StreamServlet extends HttpServlet {
    static final String SUBPROTOCOL = "muster.v1.json";

    private final transient Authenticator authenticator;
    private final transient Origins origins;
    private final transient Supplier<Boolean> room;
    private final transient Function<User, ViewerSocket> sockets;
    private final transient Supplier<String> errorIds;

    /** @param room whether another socket may be opened */
    StreamServlet(
            Authenticator authenticator,
            Origins origins,
            Supplier<Boolean> room,
            Function<User, ViewerSocket> sockets,
            Supplier<String> errorIds) {
        this.authenticator = authenticator;
        this.origins = origins;
        this.room = room;
        this.sockets = sockets;
        this.errorIds = errorIds;
    }

    @Override
    public void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        List<String> offered = offered(request);
        if (!"websocket".equalsIgnoreCase(request.getHeader("Upgrade"))) {
            refuse(response, 400, new MusterException(ErrorCode.INVALID, "This address speaks WebSocket."));
        } else if (!offered.isEmpty() && !offered.contains(SUBPROTOCOL)) {
            refuse(
                    response,
                    400,
                    new MusterException(ErrorCode.INVALID, "The subprotocol here is " + SUBPROTOCOL + "."));
        } else {
            try {
                User user = authenticate(request);
                if (!room.get()) {
                    throw new MusterException(ErrorCode.UNAVAILABLE, "The gateway has as many sessions as it may.");
                }
                upgrade(request, response, user, !offered.isEmpty());
            } catch (MusterException e) {
                refuse(response, e.code().status(), e);
            }
        }
    }

    private User authenticate(HttpServletRequest request) {
        Identity identity = authenticator.authenticate(
                request.getHeader("Authorization"), request.getParameter("ticket"), cookie(request));
        origins.check(identity.means(), request.getHeader("Origin"), request.getHeader("Host"));
        return identity.user();
    }

    private void upgrade(HttpServletRequest request, HttpServletResponse response, User user, boolean withSubprotocol)
            throws IOException {
        JettyWebSocketServerContainer container = JettyWebSocketServerContainer.getContainer(getServletContext());
        container.upgrade(
                (asked, answer) -> {
                    if (withSubprotocol) {
                        answer.setAcceptedSubProtocol(SUBPROTOCOL);
                    }
                    // permessage-deflate would cost each connection up to 256 KiB
                    answer.setExtensions(List.of());
                    return sockets.apply(user);
                },
                request,
                response);
    }

    private void refuse(HttpServletResponse response, int status, MusterException why) throws IOException {
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
        } else if (status == 503) {
            response.setHeader("Retry-After", "1");
        }
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private static List<String> offered(HttpServletRequest request) {
        List<String> offered = new ArrayList<>();
        for (String header : Collections.list(request.getHeaders("Sec-WebSocket-Protocol"))) {
            for (String name : header.split(",", -1)) {
                offered.add(name.strip());
            }
        }
        return offered;
    }

    private static @Nullable String cookie(HttpServletRequest request) {
        Cookie @Nullable [] cookies = request.getCookies();
        if (cookies != null) {
            for (Cookie cookie : cookies) {
                if (cookie.getName().equals(Authenticator.COOKIE)) {
                    return cookie.getValue();
                }
            }
        }
        return null;
    }
}
