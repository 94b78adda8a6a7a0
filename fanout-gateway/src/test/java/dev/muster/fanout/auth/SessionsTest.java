package dev.muster.fanout.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.MusterException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final UserKey KEY = UserKey.of(new byte[32]);
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);

    @Test
    void the_name_has_the_port_and_over_tls_the_prefix_that_browsers_guard() {
        assertThat(sessions(false).cookieName("127.0.0.1:8080")).isEqualTo("muster_session_8080");
        assertThat(sessions(false).cookieName("[::1]:81")).isEqualTo("muster_session_81");
        assertThat(sessions(false).cookieName("muster.example.com")).isEqualTo("muster_session");
        assertThat(sessions(true).cookieName("muster.example.com")).isEqualTo("__Host-muster_session");
        assertThat(sessions(true).begin(user("alice"), "h:444"))
                .startsWith("__Host-muster_session_444=")
                .contains("; Secure", "; Path=/", "; HttpOnly");
    }

    @Test
    void another_gateway_with_the_same_key_knows_a_session_and_one_with_another_does_not() {
        String value = value(sessions(false).begin(user("alice"), null));
        assertThat(sessions(false).verify(value).name()).isEqualTo("alice");
        assertThat(sessions(false).verify(value).groups()).containsExactly("ops");

        byte[] other = new byte[32];
        other[0] = 1;
        Sessions others = new Sessions(UserKey.of(other), Duration.ofHours(1), false, CLOCK);
        assertThatThrownBy(() -> others.verify(value)).isInstanceOf(MusterException.class);
        assertThat(new SealedUsers(KEY, "stream tickets").open(value)).isEmpty();
        String changed = value.substring(0, 20) + (value.charAt(20) == 'A' ? "B" : "A") + value.substring(21);
        assertThatThrownBy(() -> sessions(false).verify(changed)).isInstanceOf(MusterException.class);
    }

    @Test
    void a_session_never_outlives_its_token_and_names_it() {
        User user = new User("alice", List.of(), false, NOW.plusSeconds(60), new Proof("t", "", NOW));
        User session = sessions(false).verify(value(sessions(false).begin(user, null)));
        assertThat(session.expiresAt()).isEqualTo(NOW.plusSeconds(60));
        assertThat(session.proof().parent()).isEqualTo("t");
        assertThat(session.proof().id()).isNotEmpty().isNotEqualTo("t");
    }

    @Test
    void until_the_revocations_of_before_are_known_nobody_is() {
        Standing standing = new Standing(CLOCK, 10);
        assertThatThrownBy(() -> standing.require(user("alice"))).isInstanceOf(MusterException.class);
        standing.setKnown();
        assertThat(standing.require(user("alice")).name()).isEqualTo("alice");
    }

    @Test
    void what_is_revoked_is_forgotten_when_it_would_have_ended_and_its_count_is_bounded() {
        Standing standing = new Standing(CLOCK, 2);
        standing.add(new Revocation(Revocation.Kind.TOKEN, "old", NOW, NOW, "root"));
        assertThat(standing.size()).isZero();
        standing.add(new Revocation(Revocation.Kind.TOKEN, "a", NOW, NOW.plusSeconds(1), "root"));
        Revocation more = new Revocation(Revocation.Kind.TOKEN, "b", NOW, NOW.plusSeconds(1), "root");
        standing.requireRoom(more, true);
        standing.add(new Revocation(Revocation.Kind.USER, "bob", NOW, NOW.plusSeconds(1), "root"));
        assertThatThrownBy(() -> standing.requireRoom(more, true)).isInstanceOf(MusterException.class);
        Revocation read = Revocation.of(
                new Revocation(Revocation.Kind.USER, "bob", NOW, NOW.plusSeconds(1), "root").record(), NOW);
        assertThat(standing.list()).contains(read);
    }

    @Test
    void who_is_no_admin_takes_no_room_from_admins() {
        Standing standing = new Standing(CLOCK, 32);
        for (String user : List.of("alice", "bob")) {
            for (int i = 0; i < 2; i++) {
                Revocation own = token(user + i, user);
                standing.requireRoom(own, false);
                standing.add(own);
            }
            assertThatThrownBy(() -> standing.requireRoom(token(user + 2, user), false))
                    .isInstanceOf(MusterException.class);
            standing.requireRoom(token(user + 0, user), false);
        }
        for (int i = 0; standing.size() < 28; i++) {
            standing.add(token("other" + i, "other" + i));
        }
        assertThatThrownBy(() -> standing.requireRoom(token("c", "carol"), false))
                .isInstanceOf(MusterException.class);
        standing.requireRoom(token("c", "root"), true);
        for (int i = 0; standing.size() < 32; i++) {
            standing.add(token("more" + i, "root"));
        }
        assertThatThrownBy(() -> standing.requireRoom(token("d", "root"), true)).isInstanceOf(MusterException.class);
        standing.requireRoom(new Revocation(Revocation.Kind.USER, "alice", NOW, NOW.plusSeconds(1), "root"), true);
    }

    private static Revocation token(String id, String by) {
        return new Revocation(Revocation.Kind.TOKEN, id, NOW, NOW.plusSeconds(1), by);
    }

    private static Sessions sessions(boolean secure) {
        return new Sessions(KEY, Duration.ofHours(1), secure, CLOCK);
    }

    private static User user(String name) {
        return new User(name, List.of("ops"), false, NOW.plusSeconds(6_000));
    }

    private static String value(String header) {
        return header.substring(header.indexOf('=') + 1, header.indexOf(';'));
    }
}
