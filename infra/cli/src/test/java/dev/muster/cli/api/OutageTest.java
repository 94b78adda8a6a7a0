package dev.muster.cli.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.RecordedIo;
import dev.muster.client.ApiException;
import dev.muster.client.Feed;
import dev.muster.client.Unreachable;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutageTest {
    private static Unreachable unreachable() {
        return new Unreachable("cannot reach it", new IOException());
    }

    @Test
    void a_loss_is_said_once_and_its_end_too() throws Exception {
        RecordedIo io = new RecordedIo(Map.of());
        Outage outage = Outage.of(io.io(), "Ctrl-C leaves", "it may run on");
        outage.over();
        outage.failed(unreachable());
        outage.failed(unreachable());
        outage.over();
        outage.over();
        assertThat(io.errLines())
                .containsExactly("muster: connection lost; trying again (Ctrl-C leaves)", "muster: connected again");
    }

    @Test
    void a_feed_that_is_opened_again_at_once_is_not_worth_a_line() throws Exception {
        RecordedIo io = new RecordedIo(Map.of());
        Outage outage = Outage.of(io.io(), "Ctrl-C leaves", "it may run on");
        outage.failed(new Feed.Ended(1012, "restart"));
        outage.over();
        assertThat(io.errLines()).isEmpty();
    }

    @Test
    void only_what_may_pass_is_tried_again() {
        assertThat(Outage.isPassing(unreachable())).isTrue();
        assertThat(Outage.isPassing(new Feed.Ended(1006, "broken"))).isTrue();
        assertThat(Outage.isPassing(new ApiException(503, "unavailable", "later")))
                .isTrue();
        assertThat(Outage.isPassing(new ApiException(429, "rate-limited", "later")))
                .isTrue();
        assertThat(Outage.isPassing(new ApiException(403, "forbidden", "no"))).isFalse();
        assertThat(Outage.isPassing(new CliFailure("a fault"))).isFalse();
    }
}
