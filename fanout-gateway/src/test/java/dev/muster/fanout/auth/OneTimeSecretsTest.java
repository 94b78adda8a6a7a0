package dev.muster.fanout.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OneTimeSecretsTest {
    private static final User ALICE = new User("alice", List.of(), false, Instant.MAX);
    private Instant now = Instant.EPOCH;
    private final Clock clock = new Clock() {
        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    };

    @Test
    void a_secret_works_once() {
        OneTimeSecrets secrets = new OneTimeSecrets(clock, Duration.ofSeconds(30), 10);
        String secret = secrets.issue(ALICE).secret();

        assertThat(secrets.redeem(secret)).contains(ALICE);
        assertThat(secrets.redeem(secret)).isEmpty();
        assertThat(secrets.redeem("never issued")).isEmpty();
    }

    @Test
    void a_secret_ends_with_its_life_and_makes_room() {
        OneTimeSecrets secrets = new OneTimeSecrets(clock, Duration.ofSeconds(30), 1);
        String secret = secrets.issue(ALICE).secret();
        assertThatThrownBy(() -> secrets.issue(ALICE))
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RATE_LIMITED));

        now = now.plusSeconds(30);

        assertThat(secrets.redeem(secret)).isEmpty();
        assertThat(secrets.issue(ALICE).until()).isEqualTo(now.plusSeconds(30));
    }

    @Test
    void one_user_has_a_share_and_the_oldest_of_that_user_makes_room() {
        OneTimeSecrets secrets = new OneTimeSecrets(clock, Duration.ofSeconds(30), 20);
        String ofBob =
                secrets.issue(new User("bob", List.of(), false, Instant.MAX)).secret();
        List<String> ofAlice = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            ofAlice.add(secrets.issue(ALICE).secret());
        }

        assertThat(secrets.redeem(ofBob)).isPresent();
        assertThat(ofAlice.subList(0, 84))
                .allMatch(secret -> secrets.redeem(secret).isEmpty());
        assertThat(ofAlice.subList(84, 100))
                .allMatch(secret -> secrets.redeem(secret).isPresent());
    }

    @Test
    void without_a_life_a_secret_waits_until_it_is_used() {
        OneTimeSecrets secrets = new OneTimeSecrets(clock, null, 1);
        String secret = secrets.issue(ALICE).secret();
        now = now.plus(Duration.ofDays(1_000));

        assertThat(secrets.redeem(secret)).contains(ALICE);
    }

    @Test
    void a_rate_limit_lets_so_many_through_and_refills() {
        long[] nanos = {0};
        RateLimit limit = new RateLimit("changes", 60, () -> nanos[0]);
        for (int i = 0; i < 60; i++) {
            limit.take(ALICE);
        }
        assertThatThrownBy(() -> limit.take(ALICE))
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RATE_LIMITED));
        nanos[0] += 1_000_000_000L;
        limit.take(ALICE);
        assertThatThrownBy(() -> limit.take(ALICE)).isInstanceOf(MusterException.class);
    }
}
