package dev.muster.kit.limits;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long SECOND = 1_000_000_000L;

    private final TokenBucket bucket = new TokenBucket(2, 4, 0);

    @Test
    void a_burst_is_allowed_and_then_the_rate() {
        for (int i = 0; i < 4; i++) {
            assertThat(bucket.tryTake(1, 0)).isTrue();
        }
        assertThat(bucket.tryTake(1, 0)).isFalse();
        assertThat(bucket.millisToNext()).isEqualTo(500);
        assertThat(bucket.tryTake(1, SECOND / 2)).isTrue();
        assertThat(bucket.tryTake(1, SECOND / 2)).isFalse();
    }

    @Test
    void it_takes_all_or_nothing() {
        assertThat(bucket.tryTake(5, 0)).isFalse();
        assertThat(bucket.tryTake(4, 0)).isTrue();
        assertThat(bucket.tryTake(2, SECOND / 2)).isFalse();
        assertThat(bucket.tryTake(2, SECOND)).isTrue();
    }

    @Test
    void it_holds_no_more_than_its_size_however_long_nothing_is_taken() {
        assertThat(bucket.tryTake(4, 0)).isTrue();
        assertThat(bucket.isFull(SECOND)).isFalse();
        assertThat(bucket.isFull(2 * SECOND)).isTrue();
        assertThat(bucket.tryTake(5, Long.MAX_VALUE / 2)).isFalse();
        assertThat(bucket.tryTake(4, Long.MAX_VALUE / 2)).isTrue();
    }
}
