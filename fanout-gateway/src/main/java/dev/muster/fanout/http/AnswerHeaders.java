package dev.muster.fanout.http;

import org.eclipse.jetty.http.HttpFields;

/** The headers of every answer to a browser, whichever part makes the answer: a call, the live feed, or Jetty. */
final class AnswerHeaders {
    private static final String CONTENT_SECURITY = "default-src 'self'; style-src 'self' 'unsafe-inline';"
            + " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none';"
            + " frame-ancestors 'none'";

    private AnswerHeaders() {}

    /** An answer that may be stored says so itself. */
    static void addTo(HttpFields.Mutable headers) {
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("Content-Security-Policy", CONTENT_SECURITY);
        headers.put("Referrer-Policy", "same-origin");
        headers.put("Cross-Origin-Opener-Policy", "same-origin");
        headers.put("Cross-Origin-Resource-Policy", "same-origin");
        headers.put("Cache-Control", "no-store");
    }
}
