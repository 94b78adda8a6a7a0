package dev.muster.contract.errors;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DetailTest {
    @Test
    void what_fits_stays_as_it_is() {
        for (String text : List.of("", "There is no node nd_1.", "x".repeat(1_000), "\u4f60".repeat(333), "100%")) {
            assertThat(Detail.of(text)).isEqualTo(text);
        }
        assertThat(Detail.closeReason("the token was revoked")).isEqualTo("the token was revoked");
    }

    @Test
    void what_is_longer_is_cut_and_says_so() {
        assertThat(Detail.of("x".repeat(1_001))).isEqualTo("x".repeat(997) + "...");
        assertThat(Detail.closeReason("x".repeat(124))).isEqualTo("x".repeat(120) + "...");
    }

    @Test
    void no_text_takes_more_room_than_a_header_has() {
        for (String one : List.of("x", "%", "\n", "~", "\u00e9", "\u4f60", "\ud83d\ude00", "a\ud83d\ude00", "\ud83d")) {
            for (int times : new int[] {123, 124, 250, 334, 1_001, 50_000}) {
                String text = one.repeat(times);
                String cut = Detail.of(text);
                assertThat(cut.length()).isLessThanOrEqualTo(Detail.CHARS_MAX);
                assertThat(encoded(cut)).as(one).isLessThanOrEqualTo(Detail.ENCODED_BYTES_MAX);
                assertThat(Detail.of(cut)).isEqualTo(cut);
                String reason = Detail.closeReason(text);
                assertThat(reason.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(123);
                assertThat(text).startsWith(cut.equals(text) ? cut : cut.substring(0, cut.length() - 3));
                assertThat(text).startsWith(reason.equals(text) ? reason : reason.substring(0, reason.length() - 3));
            }
        }
    }

    /** As io.grpc.Status does. */
    private static int encoded(String text) {
        int bytes = 0;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            bytes += b < ' ' || b >= '~' || b == '%' ? 3 : 1;
        }
        return bytes;
    }
}
