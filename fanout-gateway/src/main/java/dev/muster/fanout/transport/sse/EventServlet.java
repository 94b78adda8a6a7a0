package dev.muster.fanout.transport.sse;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.transport.entry.Entrance;
import dev.muster.fanout.transport.entry.Return;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The live feed for clients without WebSocket: one long answer. The query contains what a WebSocket's client says in
 * frames: {@code attach=NODE[/TERMINAL]} (may repeat), {@code mode}, {@code lines}. The resume position is in
 * {@code Last-Event-ID} or {@code resume}. Leaves the thread at once.
 */
public final class EventServlet extends HttpServlet {
    /** Makes the stream of a user at an address. */
    public interface Streams {
        EventStream open(User user, String address, EventFormat format, AsyncContext exchange);
    }

    private final transient EventFormat format;
    private final transient Entrance entrance;
    private final transient Return returns;
    private final transient Consumer<String> room;
    private final transient Streams streams;

    /** @param room given a user's name, throws where the user has too many streams */
    public EventServlet(EventFormat format, Entrance entrance, Return returns, Consumer<String> room, Streams streams) {
        this.format = format;
        this.entrance = entrance;
        this.returns = returns;
        this.room = room;
        this.streams = streams;
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
        User user;
        try {
            entrance.requireDecodable(request);
            // other sites cannot read the answer, and asking changes nothing
            Optional<User> back = returns.of(request);
            if (back.isPresent() && returns.isOver(back.get())) {
                response.setStatus(204);
                return;
            }
            room.accept(back.orElseGet(() -> entrance.identify(request).user()).name());
            user = back.isPresent() ? entrance.admitAgain(request, back.get()) : entrance.admit(request, false);
        } catch (MusterException e) {
            entrance.refuse(response, e.code().status(), e);
            return;
        }
        response.setContentType(format.contentType());
        response.setCharacterEncoding("UTF-8");
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Accel-Buffering", "no");
        List<String> frames = frames(request);
        AsyncContext exchange = request.startAsync();
        exchange.setTimeout(0);
        streams.open(user, request.getRemoteAddr(), format, exchange).start(frames);
    }

    private static List<String> frames(HttpServletRequest request) {
        @Nullable String header = request.getHeader("Last-Event-ID");
        @Nullable String resume = header == null || header.isEmpty() ? request.getParameter("resume") : header;
        List<String> frames = new ArrayList<>();
        frames.add(Json.object().put("op", "open").put("resume", resume).toString());
        String @Nullable [] attaches = request.getParameterValues("attach");
        if (attaches != null) {
            for (String attach : attaches) {
                frames.add(attach(attach, request, resume != null).toString());
            }
        }
        return frames;
    }

    private static ObjectNode attach(String what, HttpServletRequest request, boolean resume) {
        int slash = what.indexOf('/');
        ObjectNode frame = Json.object()
                .put("op", "attach")
                .put("ref", what.substring(0, Math.min(what.length(), 64)))
                .put("nodeId", slash < 0 ? what : what.substring(0, slash))
                .put("terminal", slash < 0 ? null : what.substring(slash + 1))
                .put("mode", request.getParameter("mode"))
                .put("resume", resume);
        @Nullable String lines = request.getParameter("lines");
        if (lines != null) {
            try {
                frame.put("lines", Integer.parseInt(lines));
            } catch (NumberFormatException e) {
                frame.put("lines", lines);
            }
        }
        return frame;
    }
}
