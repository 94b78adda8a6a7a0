package dev.muster.fanout.http;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.Identity;
import dev.muster.fanout.auth.Origins;
import dev.muster.fanout.auth.RateLimit;
import dev.muster.fanout.auth.User;
import dev.muster.kit.process.Threads;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.http.MethodNotAllowedResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins calls to routes: verifies the user, lets the call answer without holding the thread, writes the answer as fast
 * as the client reads it, and turns every failure into a problem.
 */
public final class Api implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Api.class);

    /** Something that a verified user can ask. */
    public interface Call {
        CompletableFuture<Answer> answer(Ask ask) throws Exception;
    }

    /** Something that anybody can ask. */
    public interface OpenCall {
        CompletableFuture<Answer> answer(Context ctx) throws Exception;
    }

    /**
     * How often one may ask.
     *
     * @param changes of a user
     * @param reads of a user
     * @param failures to prove who one is, from an address
     */
    public record Limits(RateLimit changes, RateLimit reads, RateLimit failures) {}

    private final Authenticator authenticator;
    private final Origins origins;
    private final Limits limits;
    private final AccessWatch access;
    private final Problems problems;
    private final Executor executor;
    private final AtomicInteger answering = new AtomicInteger();
    private final QueryParameters queries = QueryParameters.described();
    private final StallWatch stalls;

    /**
     * @param access ends answers when the right to them ends
     * @param stall a client that reads nothing of an answer for this long is cut off
     * @param executor on which answers are made; never a network thread
     */
    public Api(
            Authenticator authenticator,
            Origins origins,
            Limits limits,
            AccessWatch access,
            Problems problems,
            Duration stall,
            Executor executor,
            Threads threads) {
        this.authenticator = authenticator;
        this.origins = origins;
        this.limits = limits;
        this.access = access;
        this.problems = problems;
        this.executor = executor;
        this.stalls = new StallWatch(stall, problems, threads);
    }

    @Override
    public void close() {
        stalls.close();
    }

    /** Answers that are being made or written now. */
    public int answering() {
        return answering.get();
    }

    /** Problems for whatever no call answers: unknown addresses and methods, and faults outside of calls. */
    public void addProblems(RoutesConfig routes) {
        routes.exception(Exception.class, this::problem);
        // Javalin's own handler of these is nearer otherwise
        routes.exception(HttpResponseException.class, this::problem);
    }

    private void problem(Exception error, Context ctx) {
        Answer answer = problems.answer(error);
        ctx.status(answer.status());
        answer.headers().forEach(ctx::header);
        if (error instanceof MethodNotAllowedResponse refused) {
            ctx.header("Allow", refused.getDetails().getOrDefault("availableMethods", ""));
        }
        ctx.contentType(Problems.CONTENT_TYPE);
        ctx.result(bytesOf(answer));
    }

    /**
     * A read: HEAD is answered as GET is, without the body. Without its own route, Javalin would answer every HEAD
     * request with 200.
     */
    public void read(RoutesConfig routes, String path, Handler handler) {
        routes.get(path, handler);
        routes.head(path, handler);
    }

    public Handler guarded(Call call) {
        return answered(ctx -> {
            Identity identity = identify(ctx);
            (changes(ctx) ? limits.changes() : limits.reads()).take(identity.user());
            checkQuery(ctx);
            Ask ask = new Ask(ctx, identity.user());
            return call.answer(ask).thenApply(answer -> answer.asked(ask));
        });
    }

    /**
     * Counts further changes against the user's rate, for a request that makes many.
     *
     * @throws MusterException {@code rate-limited}
     */
    public void charge(User user, int changes) {
        limits.changes().take(user.name(), changes);
    }

    /** @throws MusterException {@code unauthenticated}, {@code origin-refused} */
    Identity identify(Context ctx) {
        Identity identity;
        try {
            identity = authenticator.authenticate(ctx.header("Authorization"), null, cookie(ctx));
        } catch (MusterException e) {
            // an old cookie is no guess: behind a proxy, all browsers with one would use up the same address's failures
            if (e.code() == ErrorCode.UNAUTHENTICATED && ctx.header("Authorization") != null) {
                countFailure(ctx);
            }
            throw e;
        }
        if (changes(ctx)) {
            origins.check(identity.means(), ctx.header("Origin"), ctx.header("Host"));
        }
        return identity;
    }

    /** The user, if the request identifies one; nothing is refused. */
    public Optional<Identity> recognised(Context ctx) {
        try {
            return Optional.of(authenticator.authenticate(ctx.header("Authorization"), null, cookie(ctx)));
        } catch (MusterException e) {
            return Optional.empty();
        }
    }

    /**
     * Counts a failed authentication. When there are too many, only failed ones are refused: the address may be a
     * proxy's, behind which other users authenticate successfully.
     *
     * @throws MusterException {@code rate-limited}
     */
    public void countFailure(Context ctx) {
        limits.failures().take(ctx.req().getRemoteAddr());
    }

    private @Nullable String cookie(Context ctx) {
        return ctx.cookie(authenticator.cookieName(ctx.header("Host")));
    }

    public Handler open(OpenCall call) {
        return open(call, (ctx, refusal) -> {
            throw refusal;
        });
    }

    /** @param refused answers a request whose query is not as described */
    public Handler open(OpenCall call, BiFunction<Context, MusterException, Answer> refused) {
        return answered(ctx -> {
            try {
                checkQuery(ctx);
            } catch (MusterException refusal) {
                return CompletableFuture.completedFuture(refused.apply(ctx, refusal));
            }
            return call.answer(ctx);
        });
    }

    private void checkQuery(Context ctx) {
        queries.check(ctx.req().getMethod(), ctx.endpoint().path, ctx.queryString());
    }

    private Handler answered(OpenCall call) {
        return ctx -> {
            CompletableFuture<Answer> made = begin(call, ctx);
            answering.incrementAndGet();
            ctx.future(
                    () -> made.handleAsync((answer, error) -> error == null ? answer : problems.answer(error), executor)
                            .thenCompose(answer -> write(ctx, answer))
                            .whenComplete((nothing, error) -> answering.decrementAndGet()));
        };
    }

    private static CompletableFuture<Answer> begin(OpenCall call, Context ctx) {
        try {
            return call.answer(ctx);
        } catch (Exception e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<Void> write(Context ctx, Answer answer) {
        var response = ctx.res();
        response.setStatus(answer.status());
        answer.headers().forEach(response::setHeader);
        if (answer.length() >= 0) {
            response.setContentLengthLong(answer.length());
        }
        if (ctx.method().equals(HandlerType.HEAD)) {
            answer.body().close();
            return answer.length() >= 0 ? CompletableFuture.completedFuture(null) : committed(response);
        }
        EndPoint connection = Exchange.endPoint(ctx.req());
        AccessWatch.Held held = access.hold(answer.asked(), answer.length() < 0);
        return AsyncBody.write(
                        response,
                        answer.body(),
                        answer.length() < 0,
                        () -> answer.length() < 0 && Exchange.isAbandoned(connection),
                        held.end(),
                        stalls,
                        executor)
                .handle((nothing, error) -> {
                    held.close();
                    if (error != null) {
                        cut(connection, error);
                    }
                    return null;
                });
    }

    // an answer that was not begun when it ends would be said to have no bytes
    private static CompletableFuture<Void> committed(HttpServletResponse response) {
        try {
            response.flushBuffer();
            return CompletableFuture.completedFuture(null);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    // a body that cannot be completed must not look complete
    private void cut(EndPoint connection, Throwable error) {
        Throwable cause = Problems.unwrap(error);
        boolean expected = cause instanceof IOException
                || Problems.isHangUp(cause)
                || (cause instanceof MusterException known && known.code() != ErrorCode.INTERNAL);
        if (expected) {
            LOG.atInfo().addKeyValue("reason", cause.toString()).log("an answer was cut off");
        } else {
            problems.json(cause);
        }
        Exchange.reset(connection);
    }

    private static boolean changes(Context ctx) {
        return !ctx.method().equals(HandlerType.GET) && !ctx.method().equals(HandlerType.HEAD);
    }

    private static byte[] bytesOf(Answer answer) {
        return answer.body()
                .next()
                .join()
                .map(block -> {
                    byte[] bytes = new byte[block.remaining()];
                    block.get(bytes);
                    return bytes;
                })
                .orElse(new byte[0]);
    }
}
