package dev.muster.fanout.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Browsers' sessions: the content of the page's cookie. A session is sealed, so that it reveals nothing and is no
 * token. It works on every gateway. A revocation of its id, of the token that it was begun with, or of its user ends
 * it. Its issue time is that of the token, so what ends the token ends the session. Immutable.
 */
public final class Sessions {
    private static final String NAME = "muster_session";
    private static final Pattern PORT = Pattern.compile(":(\\d{1,5})$");

    private final SealedUsers seal;
    private final Duration life;
    private final boolean secure;
    private final Clock clock;

    /**
     * @param life of a session; it never outlives the token that it was begun with
     * @param secure whether browsers reach the page over TLS only
     */
    public Sessions(UserKey key, Duration life, boolean secure, Clock clock) {
        this.seal = new SealedUsers(key, "browser sessions");
        this.life = life;
        this.secure = secure;
        this.clock = clock;
    }

    /**
     * The header that begins a session.
     *
     * @param host the Host header
     * @throws MusterException {@code too-large} where the user has more groups than a cookie can hold
     */
    public String begin(User user, @Nullable String host) {
        Instant now = clock.instant();
        Instant end = now.plus(life).isBefore(user.expiresAt()) ? now.plus(life) : user.expiresAt();
        Proof by = user.proof();
        String token = by.parent().isEmpty() ? by.id() : by.parent();
        User session = user.until(end, new Proof(UUID.randomUUID().toString(), token, by.issuedAt()));
        String value = seal.seal(session)
                .orElseThrow(() -> new MusterException(
                        ErrorCode.TOO_LARGE, "The user has more groups than a browser's cookie can hold."));
        return cookie(host, value, Duration.between(now, end));
    }

    /** The header that makes a browser forget its session. */
    public String forget(@Nullable String host) {
        return cookie(host, "", Duration.ZERO);
    }

    /**
     * The user of a cookie's value.
     *
     * @throws MusterException {@code unauthenticated}
     */
    User verify(String value) {
        User user = seal.open(value)
                .orElseThrow(() -> new MusterException(
                        ErrorCode.UNAUTHENTICATED, "The cookie is not one of this installation; sign in again."));
        if (!clock.instant().isBefore(user.expiresAt())) {
            throw new MusterException(ErrorCode.UNAUTHENTICATED, "The session has expired; sign in again.");
        }
        return user;
    }

    /**
     * The cookie's name. Browsers send a cookie to every port of a host, so the requested port is part of the name. If
     * the cookie is sent only over TLS, the prefix keeps other hosts of the domain from setting it.
     */
    public String cookieName(@Nullable String host) {
        Matcher port = PORT.matcher(host == null ? "" : host.strip().toLowerCase(Locale.ROOT));
        return (secure ? "__Host-" : "") + NAME + (port.find() ? "_" + port.group(1) : "");
    }

    // Lax, not Strict: a link on another site to the page finds its reader signed in
    private String cookie(@Nullable String host, String value, Duration left) {
        return cookieName(host) + "=" + value + "; Path=/; HttpOnly; SameSite=Lax; Max-Age="
                + Math.max(0, left.toSeconds()) + (secure ? "; Secure" : "");
    }
}
