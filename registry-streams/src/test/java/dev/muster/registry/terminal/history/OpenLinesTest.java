package dev.muster.registry.terminal.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenLinesTest {
    /** As an instance of an older release leaves them, which does not write times. */
    @Test
    void lines_whose_times_were_left_out_have_none() {
        OpenLines lines = new OpenLines(7);
        lines.restore(ByteString.copyFromUtf8("one\ntwo\nthree\n"), new long[] {50});

        List<Long> times = new ArrayList<>();
        lines.each((number, utf8, offset, length, atMillis) -> times.add(atMillis));

        assertThat(times).containsExactly(50L, 0L, 0L);
    }
}
