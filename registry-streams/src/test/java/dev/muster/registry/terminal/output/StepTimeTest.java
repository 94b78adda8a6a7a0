package dev.muster.registry.terminal.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.report.AgentReport;
import dev.muster.registry.terminal.output.StepTime.Source;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StepTimeTest {
    private static final long LOG = 1_700_000_000_000L;
    private static final long DAYS_30 = 30L * 24 * 60 * 60 * 1_000;
    private static final long YEAR_2100 = 4_102_444_800_000L;

    private record Row(String name, long said, @Nullable Long offset, long log, long last, long want, Source source) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Row[] rows() {
        return new Row[] {
            new Row("an old agent", 0, 5L, LOG, 0, LOG, Source.LOG),
            new Row("a clock whose distance is unknown", LOG - 7, null, LOG, 0, LOG, Source.LOG),
            new Row("a good clock", LOG - 7, 0L, LOG, 0, LOG - 7, Source.AGENT),
            new Row("a clock an hour ahead", LOG + 3_600_000 - 7, -3_600_000L, LOG, 0, LOG - 7, Source.AGENT),
            new Row("a clock an hour behind", LOG - 3_600_000 - 7, 3_600_000L, LOG, 0, LOG - 7, Source.AGENT),
            new Row("a gateway a little ahead", LOG, 5_000L, LOG, 0, LOG + 5_000, Source.AGENT),
            new Row("just too late", LOG, 5_001L, LOG, 0, LOG, Source.TOO_LATE),
            new Row("2100", YEAR_2100, 0L, LOG, 0, LOG, Source.TOO_LATE),
            new Row("out of a spool", LOG - DAYS_30, 0L, LOG, 0, LOG - DAYS_30, Source.AGENT),
            new Row("just too early", LOG - DAYS_30 - 1, 0L, LOG, 0, LOG, Source.TOO_EARLY),
            new Row("1970", 1, 0L, LOG, 0, LOG, Source.TOO_EARLY),
            new Row("negative", -1, 0L, LOG, 0, LOG, Source.TOO_EARLY),
            new Row("the least number", Long.MIN_VALUE, -1L, LOG, 0, LOG, Source.TOO_EARLY),
            new Row("the greatest number", Long.MAX_VALUE, 1L, LOG, 0, LOG, Source.TOO_LATE),
            new Row("an absurd distance", LOG, Long.MAX_VALUE, LOG, 0, LOG, Source.TOO_LATE),
            new Row("an absurd distance back", LOG, Long.MIN_VALUE, LOG, 0, LOG, Source.TOO_EARLY),
            new Row("going back", LOG - 8, 0L, LOG, LOG - 7, LOG - 7, Source.WENT_BACK),
            new Row("standing still", LOG - 7, 0L, LOG, LOG - 7, LOG - 7, Source.AGENT),
            new Row("a log that goes back", 0, null, LOG - 9, LOG, LOG, Source.WENT_BACK),
            new Row("too early behind the last", 1, 0L, LOG, LOG + 5, LOG + 5, Source.WENT_BACK),
            new Row("a log without a clock", 5, 0L, 0, 0, 5, Source.AGENT),
            new Row("a log at the end of time", 0, null, Long.MAX_VALUE, 0, 1L << 53, Source.LOG),
            new Row("a log before the beginning", 0, null, Long.MIN_VALUE, 0, 1, Source.LOG),
        };
    }

    @ParameterizedTest
    @MethodSource("rows")
    void a_time_is_what_the_table_says(Row row) {
        Long offset = row.offset();
        OptionalLong distance = offset == null ? OptionalLong.empty() : OptionalLong.of(offset);
        assertThat(StepTime.of(row.said(), distance, row.log(), row.last()))
                .isEqualTo(new StepTime(row.want(), row.source()));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatever_is_said_times_never_go_back_and_stay_near_the_log(long seed) {
        Random random = new Random(seed);
        long[] odd = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 53, -(1L << 53), YEAR_2100};
        long log = LOG;
        long last = 0;
        for (int i = 0; i < 20_000; i++) {
            log += random.nextInt(2_000);
            long said =
                    random.nextInt(4) == 0 ? odd[random.nextInt(odd.length)] : log + random.nextInt(20_000) - 10_000;
            long offset = random.nextInt(9) == 0 ? odd[random.nextInt(odd.length)] : random.nextInt(2_000) - 1_000;
            OptionalLong distance = random.nextInt(9) == 0 ? OptionalLong.empty() : OptionalLong.of(offset);
            long millis = StepTime.of(said, distance, log, last).millis();
            assertThat(millis)
                    .isGreaterThanOrEqualTo(Math.max(last, log - AgentReport.PAST_MILLIS_MAX))
                    .isLessThanOrEqualTo(log + StepTime.AHEAD_MILLIS_MAX);
            last = millis;
        }
    }

    @ParameterizedTest
    @MethodSource("extremes")
    void nothing_overflows(long said) {
        for (long offset : extremes().toArray()) {
            for (long log : extremes().toArray()) {
                assertThat(StepTime.of(said, OptionalLong.of(offset), log, 0).millis())
                        .isBetween(1L, 1L << 53);
            }
        }
    }

    static LongStream extremes() {
        return LongStream.of(Long.MIN_VALUE, Long.MIN_VALUE + 1, -1, 0, 1, LOG, Long.MAX_VALUE - 1, Long.MAX_VALUE);
    }
}
