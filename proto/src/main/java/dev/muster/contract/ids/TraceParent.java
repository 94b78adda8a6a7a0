package dev.muster.contract.ids;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The {@code traceparent} of W3C Trace Context: {@code 00-<trace id>-<parent id>-<flags>}, in lower-case hexadecimal
 * digits. Muster makes no spans of its own, so it passes a client's value on as it is.
 */
public final class TraceParent {
    private static final Pattern SHAPE = Pattern.compile(
            "(?<version>[0-9a-f]{2})-(?<rest>(?<trace>[0-9a-f]{32})-(?<parent>[0-9a-f]{16})-[0-9a-f]{2})"
                    + "(?<more>-.*)?");
    private static final int VALUE_CHARS_MAX = 512;
    private static final String SAMPLED = "01";

    private TraceParent() {}

    /**
     * The value of a request's header if it is valid. As the standard says, an invalid one counts as none, and of a
     * later version the parts of version 00 are used.
     */
    public static Optional<String> of(@Nullable String header) {
        if (header == null || header.length() > VALUE_CHARS_MAX) {
            return Optional.empty();
        }
        Matcher parts = SHAPE.matcher(header.strip());
        if (!parts.matches()) {
            return Optional.empty();
        }
        String version = parts.group("version");
        boolean valid = !version.equals("ff")
                && (parts.group("more") == null || !version.equals("00"))
                && !isZero(parts.group("trace"))
                && !isZero(parts.group("parent"));
        return valid ? Optional.of("00-" + parts.group("rest")) : Optional.empty();
    }

    /** The same for the same id, which is unique: a new trace that begins with the request of this id. */
    public static String beginningWith(String requestId) {
        String hex = HexFormat.of().formatHex(Ids.sha256(requestId.getBytes(StandardCharsets.UTF_8)));
        return "00-" + hex.substring(0, 32) + "-" + hex.substring(32, 48) + "-" + SAMPLED;
    }

    private static boolean isZero(String digits) {
        return digits.chars().allMatch(digit -> digit == '0');
    }
}
