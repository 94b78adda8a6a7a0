package dev.muster.fanout.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;

class StdoutTopicTest {
    @Test
    void a_broker_that_is_known_to_be_away_is_not_waited_for() {
        Admin silent = (Admin) Proxy.newProxyInstance(
                Admin.class.getClassLoader(), new Class<?>[] {Admin.class}, (proxy, method, arguments) -> {
                    throw new AssertionError(method + " was asked");
                });

        var facts = new StdoutTopic(silent, () -> false, "t.stdout", System::nanoTime).facts();

        assertThat(facts).isCompletedExceptionally();
    }
}
