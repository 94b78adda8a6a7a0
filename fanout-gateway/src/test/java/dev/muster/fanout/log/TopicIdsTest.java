package dev.muster.fanout.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.log.TopicIds.Seen;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class TopicIdsTest {
    private final TopicIds ids = new TopicIds();
    private final Uuid old = Uuid.randomUuid();
    private final Uuid now = Uuid.randomUuid();

    @Test
    void a_topic_is_anew_once_when_its_id_is_another_one() {
        assertThat(ids.see("views", old)).isEqualTo(Seen.FIRST);
        assertThat(ids.see("output", Uuid.randomUuid())).isEqualTo(Seen.FIRST);
        assertThat(ids.see("views", old)).isEqualTo(Seen.KNOWN);
        assertThat(ids.see("views", now)).isEqualTo(Seen.RECREATED);
        assertThat(ids.see("views", now)).isEqualTo(Seen.KNOWN);
    }

    @Test
    void a_broker_that_still_tells_of_the_topic_before_is_not_believed() {
        ids.see("views", old);
        ids.see("views", now);

        assertThat(ids.see("views", old)).isEqualTo(Seen.KNOWN);
        assertThat(ids.see("views", now)).isEqualTo(Seen.KNOWN);
    }
}
