package dev.muster.fanout.http;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * The key under which a request that creates something may be repeated. The created thing has an id that is derived
 * from the user and the key. So any gateway gives the repeat the same id, and the registry recognizes it.
 */
public final class IdempotencyKey {
    public static final String FIELD = "idempotencyKey";
    /** For a body with no other field. */
    public static final Set<String> ALONE = Set.of(FIELD);

    private static final int CHARS_MAX = 128;
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1," + CHARS_MAX + "}");

    private IdempotencyKey() {}

    /** The key, or an empty string if the body has none; mistakes are left with the fields. */
    public static String read(Fields fields) {
        return fields.text(FIELD, CHARS_MAX)
                .map(key -> {
                    if (!KEY.matcher(key).matches()) {
                        fields.mistake("'" + FIELD + "' is not 1 to " + CHARS_MAX + " visible ASCII characters");
                    }
                    return key;
                })
                .orElse("");
    }
}
