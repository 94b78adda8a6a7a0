package dev.muster.fanout.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Identifies the user: by a bearer token, else by a single-use ticket, else by the page's cookie. Thread-safe. */
public final class Authenticator {
    private static final String BEARER = "Bearer ";

    private final UserTokens tokens;
    private final Sessions sessions;
    private final Tickets tickets;
    private final Standing standing;

    public Authenticator(UserTokens tokens, Sessions sessions, Tickets tickets, Standing standing) {
        this.tokens = tokens;
        this.sessions = sessions;
        this.tickets = tickets;
        this.standing = standing;
    }

    /** The name of the page's cookie, for a Host header. */
    public String cookieName(@Nullable String host) {
        return sessions.cookieName(host);
    }

    /**
     * A ticket is used up.
     *
     * @param authorization the Authorization header
     * @param ticket the query's ticket; given only where tickets are accepted (the stream)
     * @param cookie the value of the page's cookie
     * @throws MusterException {@code unauthenticated}, with the reason in words
     */
    public Identity authenticate(@Nullable String authorization, @Nullable String ticket, @Nullable String cookie) {
        return identity(authorization, ticket, cookie, tickets::redeem);
    }

    /** As {@link #authenticate}, but a ticket stays unused: for answers that give no access. */
    public Identity recognise(@Nullable String authorization, @Nullable String ticket, @Nullable String cookie) {
        return identity(authorization, ticket, cookie, tickets::find);
    }

    /** The user of a token in a body, or in the header without its scheme. */
    public User userOf(String token) {
        return standing.require(tokens.verify(token));
    }

    /**
     * Whether nothing has ended what the user was recognised by.
     *
     * @throws MusterException {@code unavailable} while the revocations are not known
     */
    public boolean isGood(User user) {
        standing.requireKnown();
        return standing.ended(user).isEmpty();
    }

    /** One who was let in before, as of now. */
    public User again(User user) {
        return standing.require(user);
    }

    private Identity identity(
            @Nullable String authorization,
            @Nullable String ticket,
            @Nullable String cookie,
            Function<String, Optional<User>> ofTicket) {
        if (authorization != null) {
            if (!authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
                throw new MusterException(ErrorCode.UNAUTHENTICATED, "The Authorization header is not a Bearer token.");
            }
            return new Identity(userOf(authorization.substring(BEARER.length()).strip()), Identity.Means.BEARER);
        }
        if (ticket != null) {
            Optional<User> user = ofTicket.apply(ticket);
            return new Identity(
                    standing.require(user.orElseThrow(() -> new MusterException(
                            ErrorCode.UNAUTHENTICATED, "The ticket is unknown, used or expired; make a new one."))),
                    Identity.Means.TICKET);
        }
        if (cookie != null) {
            return new Identity(standing.require(sessions.verify(cookie)), Identity.Means.COOKIE);
        }
        throw new MusterException(ErrorCode.UNAUTHENTICATED, "There is no token.");
    }
}
