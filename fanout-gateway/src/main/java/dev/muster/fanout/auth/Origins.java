package dev.muster.fanout.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests that another site's page makes a browser send. If the proof is a cookie, the Origin header must name
 * the requested host, or an origin from the settings. WebSockets are not bound by the same-origin policy, so this check
 * is their only protection.
 */
public final class Origins {
    private final Set<String> allowed = new TreeSet<>();

    /** @param allowed further origins, such as {@code https://muster.example.com} */
    public Origins(Iterable<String> allowed) {
        allowed.forEach(origin -> this.allowed.add(origin.toLowerCase(Locale.ROOT)));
    }

    /**
     * @param host the Host header
     * @throws MusterException {@code origin-refused}
     */
    public void check(Identity.Means means, @Nullable String origin, @Nullable String host) {
        if (means == Identity.Means.COOKIE && !isSame(origin, host)) {
            throw refused(origin, host);
        }
    }

    /**
     * For requests that need no proof and change the browser's cookies. A browser names the origin of the page that
     * sends the request. A program that is no browser names none, and no page can make it send a request.
     *
     * @throws MusterException {@code origin-refused}
     */
    public void checkPage(@Nullable String origin, @Nullable String host) {
        if (origin != null && !isSame(origin, host)) {
            throw refused(origin, host);
        }
    }

    private static MusterException refused(@Nullable String origin, @Nullable String host) {
        return new MusterException(
                ErrorCode.ORIGIN_REFUSED,
                origin == null
                        ? "The request has no Origin header."
                        : "The request came from the origin '%s', and the host that was asked is '%s'. Behind a proxy, pass the Host header on with its port, or put the page's origin into MUSTER_FANOUT_ORIGINS."
                                .formatted(Hosts.shown(origin), host == null ? "" : Hosts.shown(host)));
    }

    private boolean isSame(@Nullable String origin, @Nullable String host) {
        if (origin == null || host == null) {
            return false;
        }
        if (allowed.contains(origin.toLowerCase(Locale.ROOT))) {
            return true;
        }
        try {
            URI uri = URI.create(origin);
            String scheme = uri.getScheme();
            return ("http".equals(scheme) || "https".equals(scheme)) && host.equalsIgnoreCase(uri.getAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
