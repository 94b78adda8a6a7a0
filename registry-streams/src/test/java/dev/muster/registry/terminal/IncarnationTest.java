package dev.muster.registry.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class IncarnationTest {
    private String broker = "first";
    private String lastLook = "first";
    private int asked;

    private final Incarnation incarnation = new Incarnation(new TopicId() {
        @Override
        public String known() {
            return lastLook;
        }

        @Override
        public String ask() {
            asked++;
            lastLook = broker;
            return broker;
        }
    });

    @Test
    void the_broker_is_asked_before_the_first_record_whatever_was_known_at_the_start() {
        broker = "second";
        assertThat(incarnation.of(7)).isEqualTo("second");
    }

    @Test
    void offsets_that_go_on_are_of_the_same_topic_and_nobody_is_asked() {
        assertThat(incarnation.of(7)).isEqualTo("first");
        assertThat(incarnation.of(8)).isEqualTo("first");
        assertThat(incarnation.of(20)).isEqualTo("first");
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void offsets_that_go_back_are_of_a_topic_that_was_recreated() {
        assertThat(incarnation.of(7)).isEqualTo("first");
        broker = "second";
        assertThat(incarnation.of(0)).isEqualTo("second");
        assertThat(incarnation.of(1)).isEqualTo("second");
    }

    @Test
    void a_recreation_that_a_look_at_the_broker_showed_counts_though_offsets_go_on() {
        assertThat(incarnation.of(0)).isEqualTo("first");
        lastLook = "second";
        assertThat(incarnation.of(1)).isEqualTo("second");
    }
}
