package dev.muster.fanout.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.User;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DownloadsTest {
    private final Downloads downloads = new Downloads(new Downloads.Limits(16, 4, 32, 6));

    @Test
    void one_user_gets_no_more_than_a_share_and_others_have_room() {
        for (int i = 0; i < 4; i++) {
            downloads.take(user("carol"));
        }
        assertRefused(() -> downloads.take(user("carol")));
        assertThat(downloads.take(user("bob"))).isNotNull();
    }

    @Test
    void many_users_together_leave_room_for_admins() {
        List<Downloads.Permit> permits = new ArrayList<>();
        for (int i = 0; i < 14; i++) {
            permits.add(downloads.take(user("u" + i)));
        }
        assertRefused(() -> downloads.take(user("one-more")));
        User admin = new User("root", List.of(), true, Instant.MAX);
        downloads.take(admin);
        downloads.take(admin);
        assertRefused(() -> downloads.take(admin));
        permits.get(0).close();
        permits.get(0).close();
        assertThat(downloads.sending()).isEqualTo(15);
        downloads.take(admin);
    }

    @Test
    void a_follower_counts_as_a_download_only_while_it_works() {
        Downloads.Permit follower = downloads.follow(user("carol"));
        assertThat(downloads.sending()).isZero();
        assertThat(follower.work()).isTrue();
        assertThat(follower.work()).isTrue();
        assertThat(downloads.sending()).isEqualTo(1);
        follower.rest();
        assertThat(downloads.sending()).isZero();
        assertThat(follower.work()).isTrue();
        follower.close();
        assertThat(downloads.sending()).isZero();
        assertThat(downloads.following()).isZero();
        assertThat(follower.work()).isFalse();
    }

    @Test
    void a_user_has_no_more_than_a_share_of_the_followers() {
        for (int i = 0; i < 6; i++) {
            downloads.follow(user("carol"));
        }
        assertRefused(() -> downloads.follow(user("carol")));
        assertThat(downloads.follow(user("bob"))).isNotNull();
    }

    private static User user(String name) {
        return new User(name, List.of(), false, Instant.MAX);
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RATE_LIMITED));
    }
}
