package dev.muster.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.local.data.StartFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserTokensTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private final byte[] key = new byte[32];
    private final UserTokens tokens = new UserTokens(key, Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void a_token_says_who_for_whom_and_until_when() throws Exception {
        SignedJWT token = SignedJWT.parse(tokens.mint("alice", List.of("ops", "dev"), false, Duration.ofHours(12)));
        assertThat(token.verify(new MACVerifier(key))).isTrue();
        var claims = token.getJWTClaimsSet();
        assertThat(claims.getIssuer()).isEqualTo("muster-local");
        assertThat(claims.getAudience()).containsExactly("muster");
        assertThat(claims.getSubject()).isEqualTo("alice");
        assertThat(claims.getStringListClaim("groups")).containsExactly("ops", "dev");
        assertThat(claims.getClaim("role")).isNull();
        assertThat(claims.getIssueTime()).isEqualTo(NOW);
        assertThat(claims.getExpirationTime()).isEqualTo(NOW.plus(Duration.ofHours(12)));
        assertThat(claims.getJWTID()).isNotBlank();
    }

    @Test
    void only_an_admin_has_a_role() throws Exception {
        SignedJWT token = SignedJWT.parse(tokens.mintLocalAdmin());
        assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("admin");
        assertThat(token.getJWTClaimsSet().getClaim("role")).isEqualTo("admin");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\nb", "ä", "user:alice"})
    void what_is_not_a_user_name_is_refused(String name) {
        assertThatThrownBy(() -> tokens.mint(name, List.of(), false, Duration.ofHours(1)))
                .isInstanceOf(StartFailure.class);
        assertThatThrownBy(() -> tokens.mint("alice", List.of(name), false, Duration.ofHours(1)))
                .isInstanceOf(StartFailure.class);
    }

    @Test
    void a_token_that_is_never_valid_is_refused() {
        assertThatThrownBy(() -> tokens.mint("alice", List.of(), false, Duration.ZERO))
                .isInstanceOf(StartFailure.class);
        assertThatThrownBy(() -> tokens.mint("alice", List.of(), false, Duration.ofDays(999_999_999)))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("365 days");
    }
}
