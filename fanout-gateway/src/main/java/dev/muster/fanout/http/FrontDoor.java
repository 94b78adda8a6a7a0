package dev.muster.fanout.http;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Hosts;
import dev.muster.fanout.json.Json;
import java.nio.ByteBuffer;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Checks every request before a servlet sees it. The method is that of the request line, whatever a header says. A path
 * is taken literally, without parameters. The host must be one of ours. The body must not be compressed.
 */
final class FrontDoor extends Handler.Wrapper {
    /** Headers with which a request asks to be taken for one with another method; Javalin obeys the first. */
    private static final Set<String> OVERRIDES = Set.of("x-http-method-override", "x-http-method", "x-method-override");

    private final Hosts hosts;
    private final Problems problems;

    FrontDoor(Hosts hosts, Problems problems) {
        this.hosts = hosts;
        this.problems = problems;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        AnswerHeaders.addTo(response.getHeaders());
        try {
            check(request);
        } catch (MusterException e) {
            if (e.code() == ErrorCode.UNSUPPORTED_MEDIA_TYPE) {
                response.getHeaders().put("Accept-Encoding", "identity");
            }
            refuse(response, callback, e);
            return true;
        }
        boolean overrides = request.getHeaders().stream().anyMatch(FrontDoor::isOverride);
        return super.handle(overrides ? new WithoutOverride(request) : request, response, callback);
    }

    private void check(Request request) {
        hosts.check(request.getHeaders().get(HttpHeader.HOST));
        String path = request.getHttpURI().getPath();
        if (path != null && path.indexOf(';') >= 0) {
            throw new MusterException(ErrorCode.NOT_FOUND, "There is nothing at this address.");
        }
        for (String coding : request.getHeaders().getCSV(HttpHeader.CONTENT_ENCODING, false)) {
            if (!coding.equalsIgnoreCase("identity")) {
                throw new MusterException(
                        ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                        "The body is encoded as '%s'; send it as it is.".formatted(shown(coding)));
            }
        }
    }

    private static String shown(String coding) {
        return coding.length() <= 50 ? coding : coding.substring(0, 50) + "...";
    }

    private void refuse(Response response, Callback callback, MusterException why) {
        response.setStatus(why.code().status());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problems.CONTENT_TYPE);
        response.write(true, ByteBuffer.wrap(Json.bytes(problems.json(why))), callback);
    }

    private static boolean isOverride(HttpField field) {
        return OVERRIDES.contains(field.getLowerCaseName());
    }

    private static final class WithoutOverride extends Request.Wrapper {
        private final HttpFields headers;

        WithoutOverride(Request request) {
            super(request);
            HttpFields.Mutable kept = HttpFields.build();
            request.getHeaders().stream().filter(field -> !isOverride(field)).forEach(kept::add);
            headers = kept.asImmutable();
        }

        @Override
        public HttpFields getHeaders() {
            return headers;
        }
    }
}
