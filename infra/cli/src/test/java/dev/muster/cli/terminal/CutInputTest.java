package dev.muster.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.api.Json;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CutInputTest {
    private final CutInput cut = new CutInput();

    @Test
    void each_loss_is_said_once_with_its_own_size() {
        assertThat(look(0)).isEmpty();
        assertThat(look(70)).hasValue("70 bytes of what was typed were dropped: the program did not read them in time");
        assertThat(look(70)).isEmpty();
        assertThat(look(100)).hasValueSatisfying(said -> assertThat(said).startsWith("30 bytes "));
    }

    @Test
    void what_was_dropped_before_this_terminal_came_is_not_its_own() {
        assertThat(look(500)).isEmpty();
        assertThat(look(501)).hasValueSatisfying(said -> assertThat(said).startsWith("1 bytes "));
    }

    @Test
    void an_older_state_of_the_task_that_comes_late_makes_nothing_be_said_twice() {
        assertThat(look(0)).isEmpty();
        assertThat(look(70)).isPresent();
        assertThat(look(20)).isEmpty();
        assertThat(look(70)).isEmpty();
    }

    @Test
    void a_server_that_does_not_count_says_nothing() {
        assertThat(cut.look(Json.object())).isEmpty();
        assertThat(cut.look(Json.object().putNull("inputDroppedBytes"))).isEmpty();
    }

    private Optional<String> look(long dropped) {
        return cut.look(Json.object().put("inputDroppedBytes", dropped));
    }
}
