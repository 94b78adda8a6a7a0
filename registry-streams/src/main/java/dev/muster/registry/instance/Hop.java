package dev.muster.registry.instance;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How a call arrived: from a client, or forwarded by another instance, in which case it is never forwarded again. Also
 * whether a copy that may be behind may answer. Read it from the call's own context, on the thread on which the call
 * arrives.
 *
 * @param user for whom the call is made; empty if the caller named no user
 * @param last already forwarded
 * @param stale a standby may answer
 * @param staleRecords set by an instance that answers from a copy; -1 until then
 */
public record Hop(String user, boolean last, boolean stale, AtomicLong staleRecords) {
    static final Metadata.Key<String> HOP = key("muster-hop");
    static final Metadata.Key<byte[]> USER = Metadata.Key.of("muster-user-bin", Metadata.BINARY_BYTE_MARSHALLER);
    static final Metadata.Key<String> STALE = key("muster-stale");
    static final Metadata.Key<String> STALE_RECORDS = key("muster-stale-records");
    /** Trailer of an instance that was asked for what it does not own. */
    public static final Metadata.Key<String> NOT_MINE = key("muster-not-mine");
    /** Trailer of every UNAVAILABLE: when it is worth another try. */
    public static final Metadata.Key<String> RETRY_AFTER_MS = key("muster-retry-after-ms");

    private static final int USER_BYTES_MAX = 256;

    private static final Context.Key<Hop> CURRENT = Context.key("muster-hop");

    public static Hop current() {
        Hop hop = CURRENT.get();
        return hop == null ? new Hop("", false, false, new AtomicLong(-1)) : hop;
    }

    /** Headers of a call that is handed on. */
    Metadata headers() {
        Metadata headers = new Metadata();
        headers.put(HOP, "1");
        headers.put(USER, user.getBytes(StandardCharsets.UTF_8));
        if (stale) {
            headers.put(STALE, "ok");
        }
        return headers;
    }

    /** Puts the hop of each call into its context, and what was said about staleness into its trailers. */
    public static ServerInterceptor interceptor() {
        return new Interceptor();
    }

    private static final class Interceptor implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            Hop hop = new Hop(
                    userOf(headers), headers.containsKey(HOP), "ok".equals(headers.get(STALE)), new AtomicLong(-1));
            ServerCall<Q, A> telling = new SimpleForwardingServerCall<>(call) {
                @Override
                public void close(Status status, Metadata trailers) {
                    if (hop.staleRecords().get() >= 0) {
                        trailers.put(
                                STALE_RECORDS, Long.toString(hop.staleRecords().get()));
                    }
                    super.close(status, trailers);
                }
            };
            return Contexts.interceptCall(Context.current().withValue(CURRENT, hop), telling, headers, next);
        }
    }

    private static String userOf(Metadata headers) {
        byte[] user = headers.get(USER);
        return user == null ? "" : new String(user, 0, Math.min(user.length, USER_BYTES_MAX), StandardCharsets.UTF_8);
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
