package dev.muster.ingress.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SpareArraysTest {
    private final SpareArrays spares = new SpareArrays();

    @Test
    void an_array_comes_back_for_exactly_its_length_the_newest_first() {
        byte[] first = new byte[16_500];
        byte[] second = new byte[16_500];
        spares.give(first);
        spares.give(second);
        assertThat(spares.take(16_499)).hasSize(16_499);
        assertThat(spares.take(16_501)).hasSize(16_501);
        assertThat(spares.take(16_500)).isSameAs(second);
        assertThat(spares.take(16_500)).isSameAs(first);
        assertThat(spares.take(16_500)).hasSize(16_500).isNotSameAs(first).isNotSameAs(second);
    }

    @Test
    void small_ones_are_not_kept() {
        byte[] small = new byte[SpareArrays.LENGTH_MIN - 1];
        spares.give(small);
        assertThat(spares.take(small.length)).hasSameSizeAs(small).isNotSameAs(small);
    }

    @Test
    void no_more_of_a_length_are_kept_than_the_limit_in_bytes() {
        int length = SpareArrays.BYTES_PER_LENGTH_MAX / 10;
        Set<byte[]> given = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < 100; i++) {
            byte[] array = new byte[length];
            given.add(array);
            spares.give(array);
        }
        int kept = 0;
        for (int i = 0; i < 100; i++) {
            kept += given.remove(spares.take(length)) ? 1 : 0;
        }
        assertThat(kept).isEqualTo(10);
    }

    @Test
    void however_many_lengths_come_what_is_kept_is_bounded() {
        Set<byte[]> given = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int length = 10_000; length < 20_000; length++) {
            byte[] array = new byte[length];
            given.add(array);
            spares.give(array);
        }
        int kept = 0;
        for (int length = 10_000; length < 20_000; length++) {
            kept += given.remove(spares.take(length)) ? 1 : 0;
        }
        assertThat(kept).isBetween(1, 32);
    }

    @Test
    void an_array_that_is_given_twice_is_a_fault() {
        byte[] array = new byte[5_000];
        spares.give(array);
        assertThatThrownBy(() -> spares.give(array)).isInstanceOf(AssertionError.class);
    }
}
