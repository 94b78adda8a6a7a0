package dev.muster.terminal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WidthsTest {
    /** Marks since Unicode 16, which newer JDKs know and the table, of Unicode 15.1, does not: first and last. */
    private static final int[][] NEWER_MARKS = {
        {0x897, 0x897},
        {0x10d69, 0x10d6d},
        {0x10efc, 0x10efc},
        {0x113bb, 0x113c0},
        {0x113ce, 0x113ce},
        {0x113d0, 0x113d0},
        {0x113d2, 0x113d2},
        {0x113e1, 0x113e2},
        {0x11f5a, 0x11f5a},
        {0x1611e, 0x16129},
        {0x1612d, 0x1612f},
        {0x1e5ee, 0x1e5ef},
    };

    @Test
    void combining_marks_and_format_characters_take_no_column_as_the_jdk_classifies_them() {
        for (int c = 0xa0; c <= 0x10ffff; c++) {
            int type = Character.getType(c);
            boolean mark = type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK;
            if (mark && c != 0x1734 && !isNewer(c)) { // U+1734 is a spacing mark since Unicode 14
                assertThat(Widths.of(c)).as("U+%04X", c).isZero();
            }
        }
        assertThat("\u200b\u200d\ufeff\u202e\u2066".codePoints().map(Widths::of))
                .containsOnly(0);
    }

    @Test
    void ideographs_hangul_kana_and_emoji_take_two_columns() {
        assertThat("漢字한글ひらがなカタカナ，👩💻🚀🀄㐀𠀀".codePoints().map(Widths::of)).containsOnly(2);
        for (int c = 0x4e00; c <= 0x9fff; c++) {
            assertThat(Widths.of(c)).isEqualTo(2);
        }
    }

    @Test
    void latin_greek_box_drawing_and_ambiguous_characters_take_one_column() {
        assertThat("aé߀Ωж─│█◆…“”→✔❤\u00ad\ufffd\ue000\uffff".codePoints().map(Widths::of))
                .containsOnly(1);
    }

    @Test
    void conjoining_hangul_takes_the_columns_of_its_first_letter() {
        assertThat("\u1112\u1161\u11ab".codePoints().map(Widths::of)).containsExactly(2, 0, 0);
    }

    private static boolean isNewer(int mark) {
        return Arrays.stream(NEWER_MARKS).anyMatch(range -> range[0] <= mark && mark <= range[1]);
    }
}
