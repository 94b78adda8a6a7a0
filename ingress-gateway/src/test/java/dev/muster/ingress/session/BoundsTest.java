package dev.muster.ingress.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.HeartbeatAck;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.Welcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class BoundsTest {
    @Test
    void an_agent_that_does_not_read_holds_no_more_than_the_limit_whatever_it_is_sent() {
        Downstream downstream = new Downstream(1_000);
        int taken = 0;
        while (downstream.offer(run(100))) {
            taken++;
        }
        assertThat(taken).isBetween(8, 10);
        assertThat(downstream.offer(ack(1))).isTrue();
        assertThat(downstream.offer(ack(2))).isTrue();
        assertThat(Objects.requireNonNull(downstream.poll()).getHeartbeatAck().getSequence())
                .isEqualTo(2);
        assertThat(Objects.requireNonNull(downstream.poll()).hasRunTask()).isTrue();
        assertThat(downstream.offer(run(100))).isTrue();
    }

    @Test
    void nothing_comes_before_welcome() {
        Downstream downstream = new Downstream(1_000);
        downstream.offer(GatewayMessage.newBuilder()
                .setWelcome(Welcome.getDefaultInstance())
                .build());
        downstream.offer(ack(1));
        assertThat(Objects.requireNonNull(downstream.poll()).hasWelcome()).isTrue();
        assertThat(Objects.requireNonNull(downstream.poll()).hasHeartbeatAck()).isTrue();
        assertThat(downstream.poll()).isNull();
    }

    @Test
    void the_budget_takes_nothing_beyond_twice_its_mark_and_wakes_who_waits() {
        ByteBudget budget = new ByteBudget(100);
        List<String> woken = new ArrayList<>();
        assertThat(budget.charge(150)).isTrue();
        assertThat(budget.hasRoom()).isFalse();
        assertThat(budget.charge(51)).isFalse();
        assertThat(budget.charge(50)).isTrue();
        budget.awaitRoom(() -> woken.add("a"));
        budget.awaitRoom(() -> woken.add("b"));
        budget.release(100);
        assertThat(woken).isEmpty();
        budget.release(60);
        assertThat(woken).containsExactly("a", "b");
        budget.awaitRoom(() -> woken.add("c"));
        assertThat(woken).endsWith("c");
        assertThat(budget.used()).isEqualTo(40);
    }

    private static GatewayMessage run(int bytes) {
        return GatewayMessage.newBuilder()
                .setRunTask(RunTask.newBuilder().setCommand("x".repeat(bytes)))
                .build();
    }

    private static GatewayMessage ack(long sequence) {
        return GatewayMessage.newBuilder()
                .setHeartbeatAck(HeartbeatAck.newBuilder().setSequence(sequence))
                .build();
    }
}
