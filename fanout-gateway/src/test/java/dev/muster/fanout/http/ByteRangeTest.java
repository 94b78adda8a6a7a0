package dev.muster.fanout.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {
    @ParameterizedTest
    @CsvSource({
        "bytes=0-0, 0, 1",
        "bytes=0-99, 0, 100",
        "bytes=10-, 10, 100",
        "bytes=10-5000, 10, 100",
        "bytes=-1, 99, 100",
        "bytes=-1000, 0, 100",
        "bytes= 5 - 6 , 5, 7",
        "bytes=1-99999999999999999999, 1, 100",
        "bytes=-99999999999999999999, 0, 100",
    })
    void one_range_is_understood(String header, long from, long to) {
        assertThat(ByteRange.of(header, 100)).contains(new ByteRange(from, to));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=0-1,5-6", "lines=0-1", "bytes=9-1", "bytes=-", "bytes", "bytes=a-b"})
    void what_is_no_single_range_is_ignored(String header) {
        assertThat(ByteRange.of(header, 100)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"})
    void a_range_outside_is_refused(String header) {
        assertThatThrownBy(() -> ByteRange.of(header, 100))
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RANGE_NOT_SATISFIABLE));
    }

    @Test
    void it_says_where_it_is() {
        assertThat(new ByteRange(5, 7).contentRange(100)).isEqualTo("bytes 5-6/100");
        assertThat(ByteRange.of(null, 100)).isEmpty();
    }
}
