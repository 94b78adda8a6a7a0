package dev.muster.fanout.transport.websocket;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.transport.entry.Entrance;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServerContainer;

/**
 * The upgrade: identifies the user, checks the page's origin, and chooses the subprotocol. Refusals are ordinary HTTP
 * answers. It is its own servlet beside Javalin's, whose WebSocket routes would make an HTTP session per handshake,
 * echo the first offered subprotocol, and hide pongs.
 */
public final class StreamServlet extends HttpServlet {
    static final String SUBPROTOCOL = "muster.v1.json";

    private final transient Entrance entrance;
    private final transient BiFunction<User, String, ViewerSocket> sockets;

    /** @param sockets makes one for a user at an address */
    public StreamServlet(Entrance entrance, BiFunction<User, String, ViewerSocket> sockets) {
        this.entrance = entrance;
        this.sockets = sockets;
    }

    /**
     * Only GET: the methods of Java's servlets would also answer HEAD with a whole stream, and TRACE with the request's
     * own headers.
     */
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (request.getMethod().equals("GET")) {
            doGet(request, response);
        } else {
            response.setHeader("Allow", "GET");
            entrance.refuse(
                    response,
                    405,
                    new MusterException(ErrorCode.METHOD_NOT_ALLOWED, ErrorCode.METHOD_NOT_ALLOWED.when()));
        }
    }

    @Override
    public void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        List<String> offered = offered(request);
        if (!"websocket".equalsIgnoreCase(request.getHeader("Upgrade"))) {
            refuse(request, response);
        } else if (!offered.isEmpty() && !offered.contains(SUBPROTOCOL)) {
            entrance.refuse(
                    response,
                    400,
                    new MusterException(ErrorCode.INVALID, "The subprotocol here is " + SUBPROTOCOL + "."));
        } else {
            try {
                entrance.requireDecodable(request);
                upgrade(request, response, entrance.admit(request, true), !offered.isEmpty());
            } catch (MusterException e) {
                entrance.refuse(response, e.code().status(), e);
            }
        }
    }

    // a stranger is told so first, as everywhere
    private void refuse(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            entrance.requireDecodable(request);
            entrance.identify(request);
            entrance.refuse(response, 400, new MusterException(ErrorCode.INVALID, "This address speaks WebSocket."));
        } catch (MusterException e) {
            entrance.refuse(response, e.code().status(), e);
        }
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
                    return sockets.apply(user, request.getRemoteAddr());
                },
                request,
                response);
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
}
