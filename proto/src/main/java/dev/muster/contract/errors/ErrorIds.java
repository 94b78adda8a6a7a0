package dev.muster.contract.errors;

import java.security.SecureRandom;
import java.util.function.Supplier;

/** Makes error ids. A response and the stack trace in the log have the same id. */
public final class ErrorIds implements Supplier<String> {
    private static final char[] ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz".toCharArray();

    private final SecureRandom random = new SecureRandom();

    /** Twelve characters that are easy to read out. */
    @Override
    public String get() {
        char[] id = new char[12];
        for (int i = 0; i < id.length; i++) {
            id[i] = ALPHABET[random.nextInt(ALPHABET.length)];
        }
        return new String(id);
    }
}
