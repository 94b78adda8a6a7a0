package dev.muster.fanout.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The host names under which this gateway answers. A gateway that listens on loopback answers only to a name of this
 * machine and to the hosts of the origins in its settings. Otherwise a web page could give its own name the address
 * 127.0.0.1, and the browser would take the gateway's answers for that page's own (DNS rebinding).
 */
public final class Hosts {
    private static final Pattern LOOPBACK = Pattern.compile("(localhost|.+\\.localhost|127(\\.\\d{1,3}){3}|\\[::1])");
    private static final Pattern PORT = Pattern.compile(":\\d*$");

    private final boolean checked;
    private final Set<String> allowed = new TreeSet<>();

    /**
     * @param listensOn the address of the page and the API
     * @param origins their hosts are allowed too, for instance {@code https://muster.example.com}
     */
    public Hosts(String listensOn, Iterable<String> origins) {
        checked = isLoopback(listensOn.indexOf(':') >= 0 ? "[" + listensOn + "]" : listensOn);
        for (String origin : origins) {
            try {
                URI uri = URI.create(origin);
                // of a name with an underscore, which browsers and private networks have, Java knows the authority
                // alone
                @Nullable String host = uri.getHost() == null ? uri.getRawAuthority() : uri.getHost();
                if (host != null) {
                    allowed.add(nameOf(host));
                }
            } catch (IllegalArgumentException e) {
                // it is no origin, so no page has it
            }
        }
    }

    /**
     * @param host the Host header; null: HTTP/1.0 without one, which no browser sends
     * @throws MusterException {@code origin-refused}
     */
    public void check(@Nullable String host) {
        if (checked && host != null && !isLoopback(host) && !allowed.contains(nameOf(host))) {
            throw new MusterException(
                    ErrorCode.ORIGIN_REFUSED,
                    "The Host header is '%s'. This gateway listens on loopback and answers only to names of this machine; behind a proxy, put the page's origin into MUSTER_FANOUT_ORIGINS."
                            .formatted(shown(host)));
        }
    }

    /** Whether a Host header names this machine by a name that no other machine can have. */
    public static boolean isLoopback(String host) {
        return LOOPBACK.matcher(nameOf(host)).matches();
    }

    /** The part of a header that a refusal shows. Any client can send a header, so the part is short. */
    static String shown(String header) {
        return header.length() <= 200 ? header : header.substring(0, 200) + "...";
    }

    private static String nameOf(String host) {
        String name = PORT.matcher(host.strip()).replaceFirst("").toLowerCase(Locale.ROOT);
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }
}
