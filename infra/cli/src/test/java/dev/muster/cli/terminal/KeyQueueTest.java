package dev.muster.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class KeyQueueTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String next(KeyQueue keys) throws InterruptedException {
        return new String(keys.take(100), StandardCharsets.US_ASCII);
    }

    @Test
    void keys_wait_in_order_until_there_is_a_terminal() throws Exception {
        KeyQueue keys = new KeyQueue();
        CompletableFuture<String> taken = CompletableFuture.supplyAsync(() -> {
            try {
                return next(keys);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(keys.offer(bytes("ab"))).isTrue();
        assertThat(keys.offer(bytes("cd"))).isTrue();
        assertThat(taken.isDone()).isFalse();
        keys.setOpen(true);
        assertThat(taken.get(60, TimeUnit.SECONDS)).isEqualTo("abcd");
    }

    @Test
    void what_could_not_be_sent_comes_before_what_was_typed_since() throws Exception {
        KeyQueue keys = new KeyQueue();
        keys.setOpen(true);
        keys.offer(bytes("ab"));
        byte[] first = keys.take(100);
        keys.offer(bytes("cd"));
        keys.putBack(first);
        assertThat(next(keys)).isEqualTo("abcd");
    }

    @Test
    void keys_beyond_the_limit_are_refused_whole_and_nothing_else_is_lost() throws Exception {
        KeyQueue keys = new KeyQueue();
        assertThat(keys.offer(new byte[KeyQueue.BYTES_MAX])).isTrue();
        assertThat(keys.offer(bytes("x"))).isFalse();
        assertThat(keys.size()).isEqualTo(KeyQueue.BYTES_MAX);
        keys.setOpen(true);
        assertThat(keys.take(10)).hasSize(10);
        assertThat(keys.offer(bytes("x"))).isTrue();
    }
}
