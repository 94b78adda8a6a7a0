package dev.muster.fanout.http;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.math.BigInteger;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One range of bytes, as in RFC 9110, section 14.
 *
 * @param to exclusive
 */
public record ByteRange(long from, long to) {
    private static final BigInteger BEYOND = BigInteger.valueOf(Long.MAX_VALUE - 1);

    private static final Pattern ONE = Pattern.compile("bytes=\\s*(\\d*)\\s*-\\s*(\\d*)\\s*");

    /**
     * The range that a header asks for. Empty if there is none, or one that may be ignored: another unit, several
     * ranges, or invalid syntax.
     *
     * @throws MusterException {@code range-not-satisfiable}
     */
    public static Optional<ByteRange> of(@Nullable String header, long size) {
        if (header == null) {
            return Optional.empty();
        }
        Matcher one = ONE.matcher(header.strip());
        if (!one.matches() || (one.group(1).isEmpty() && one.group(2).isEmpty())) {
            return Optional.empty();
        }
        if (one.group(1).isEmpty()) {
            long suffix = number(one.group(2));
            if (suffix == 0 || size == 0) {
                throw outside(size);
            }
            return Optional.of(new ByteRange(Math.max(0, size - suffix), size));
        }
        long from = number(one.group(1));
        long last = one.group(2).isEmpty() ? Long.MAX_VALUE - 1 : number(one.group(2));
        if (last < from) {
            return Optional.empty();
        }
        if (from >= size) {
            throw outside(size);
        }
        return Optional.of(new ByteRange(from, Math.min(size, last + 1)));
    }

    /** More than any output has is as good as any other such number. */
    private static long number(String digits) {
        return new BigInteger(digits).min(BEYOND).longValueExact();
    }

    public long length() {
        return to - from;
    }

    /** {@code bytes 0-99/1234} */
    public String contentRange(long size) {
        return "bytes " + from + "-" + (to - 1) + "/" + size;
    }

    private static MusterException outside(long size) {
        return new MusterException(
                ErrorCode.RANGE_NOT_SATISFIABLE, "The range lies outside the " + size + " bytes that there are.");
    }
}
