package dev.muster.fanout.log.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.log.tokens.ResumeTokens.TerminalPoint;
import dev.muster.proto.records.v1.WatchMode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResumeTokensTest {
    private static final byte[] KEY = "a key".getBytes(StandardCharsets.UTF_8);
    private static final List<String> AUDIENCES = List.of("group:ops", "user:alice");

    private final ResumeTokens tokens = new ResumeTokens(KEY, new ClusterIdentity("cluster", "topic"));
    private final String token = tokens.issuer("alice", AUDIENCES).issue(Map.of(3, 70L, 0, 5_000_000_000L));

    @Test
    void a_token_says_where_it_was_made_on_any_gateway_with_the_same_key() {
        ResumeTokens elsewhere = new ResumeTokens(KEY, new ClusterIdentity("cluster", "topic"));
        ResumeTokens.Verdict verdict = elsewhere.verify(token, "alice", List.of("user:alice", "group:ops"));
        assertThat(verdict.refusal()).isNull();
        assertThat(verdict.position()).isEqualTo(Map.of(0, 5_000_000_000L, 3, 70L));
        assertThat(token).matches("[A-Za-z0-9_-]+");
    }

    @Test
    void each_way_in_which_a_token_does_not_fit_has_its_reason() {
        assertThat(refusal(tokens, null, "alice", AUDIENCES)).isEqualTo(ResumeRefusal.NONE);
        assertThat(refusal(tokens, "", "alice", AUDIENCES)).isEqualTo(ResumeRefusal.INVALID);
        assertThat(refusal(tokens, "no token!", "alice", AUDIENCES)).isEqualTo(ResumeRefusal.INVALID);
        assertThat(refusal(tokens, "x".repeat(100_000), "alice", AUDIENCES)).isEqualTo(ResumeRefusal.INVALID);
        assertThat(refusal(tokens, token, "bob", AUDIENCES)).isEqualTo(ResumeRefusal.OTHER_USER);
        assertThat(refusal(tokens, token, "alice", List.of("user:alice"))).isEqualTo(ResumeRefusal.AUDIENCES_CHANGED);
        assertThat(refusal(identity("other", "topic"), token, "alice", AUDIENCES))
                .isEqualTo(ResumeRefusal.OTHER_CLUSTER);
        assertThat(refusal(identity("cluster", "new"), token, "alice", AUDIENCES))
                .isEqualTo(ResumeRefusal.TOPIC_RECREATED);
    }

    @Test
    void a_token_changed_anywhere_is_invalid() {
        byte[] bytes = Base64.getUrlDecoder().decode(token);
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 1;
            String forged = Base64.getUrlEncoder().withoutPadding().encodeToString(changed);
            assertThat(refusal(tokens, forged, "alice", AUDIENCES)).isEqualTo(ResumeRefusal.INVALID);
        }
        ResumeTokens otherKey = new ResumeTokens(new byte[] {1}, new ClusterIdentity("cluster", "topic"));
        assertThat(refusal(otherKey, token, "alice", AUDIENCES)).isEqualTo(ResumeRefusal.INVALID);
    }

    private static ResumeTokens identity(String cluster, String topic) {
        return new ResumeTokens(KEY, new ClusterIdentity(cluster, topic));
    }

    @Test
    void floors_and_terminals_go_along_and_terminals_outlive_positions_that_cannot_be_used() {
        TerminalPoint point = new TerminalPoint(WatchMode.WATCH_MODE_TEXT, "tk_1", 5_000_000_000L, 3, 77);
        String full =
                tokens.issuer("alice", AUDIENCES).issue(new int[] {1}, new long[] {9}, Map.of(-5L, 8L), List.of(point));
        ResumeTokens.Verdict verdict = tokens.verify(full, "alice", AUDIENCES);
        assertThat(verdict.refusal()).isNull();
        assertThat(verdict.position()).isEqualTo(Map.of(1, 9L));
        assertThat(verdict.floors()).isEqualTo(Map.of(-5L, 8L));
        assertThat(verdict.terminals()).containsExactly(point);
        ResumeTokens.Verdict otherGroups = tokens.verify(full, "alice", List.of("user:alice"));
        assertThat(otherGroups.refusal()).isEqualTo(ResumeRefusal.AUDIENCES_CHANGED);
        assertThat(otherGroups.terminals()).containsExactly(point);
        assertThat(tokens.verify(full, "bob", AUDIENCES).terminals()).isEmpty();
    }

    private static @org.jspecify.annotations.Nullable ResumeRefusal refusal(
            ResumeTokens tokens, @org.jspecify.annotations.Nullable String token, String user, List<String> audiences) {
        return tokens.verify(token, user, audiences).refusal();
    }
}
