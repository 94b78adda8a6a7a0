package dev.muster.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NewsTest {
    private final News news = new News();
    private final List<String> told = new ArrayList<>();
    private long seconds;

    @Test
    void a_problem_and_its_end_are_told_at_once_and_once() {
        is("connecting");
        is("running");
        lasts("running", 100);
        lasts("cut", 3);
        lasts("running", 100);
        lasts("cut", 3);
        is("running");
        assertThat(told).containsExactly("connecting", "running", "cut", "running", "cut", "running");
    }

    @Test
    void a_connection_that_is_taken_away_again_and_again_is_told_of_when_it_lasts() {
        for (int i = 0; i < 50; i++) {
            lasts("running", 20);
            lasts("taken over", 5);
        }
        assertThat(told).containsExactly("running", "taken over", "running", "taken over");
        lasts("running", 59);
        assertThat(told).hasSize(4);
        lasts("running", 2);
        lasts("taken over", 5);
        lasts("running", 5);
        assertThat(told.subList(4, 7)).containsExactly("running", "taken over", "running");
    }

    private void lasts(String line, int count) {
        for (int i = 0; i < count; i++) {
            is(line);
            seconds++;
        }
    }

    private void is(String line) {
        if (news.isNews(line, line.equals("running"), TimeUnit.SECONDS.toNanos(seconds))) {
            told.add(line);
        }
    }
}
