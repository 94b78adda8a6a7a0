package dev.muster.fanout.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.PlainHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UserTokensTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final byte[] KEY = new byte[32];
    private final UserTokens tokens =
            new UserTokens(UserKey.of(KEY), Duration.ofDays(366), Clock.fixed(NOW, ZoneOffset.UTC));

    record Row(String name, UnaryOperator<JWTClaimsSet.Builder> change) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Row> mistakes() {
        return List.of(
                new Row("expired", claims -> claims.expirationTime(Date.from(NOW))),
                new Row("no expiry", claims -> claims.expirationTime(null)),
                new Row("not yet", claims -> claims.notBeforeTime(Date.from(NOW.plusSeconds(5)))),
                new Row("another issuer", claims -> claims.issuer("somebody")),
                new Row("another audience", claims -> claims.audience("else")),
                new Row("no user", claims -> claims.subject(null)),
                new Row("a strange user", claims -> claims.subject("a b")),
                new Row("a strange group", claims -> claims.claim("groups", List.of("a:b"))),
                new Row("groups that are no list", claims -> claims.claim("groups", 7)));
    }

    @Test
    void what_was_issued_is_verified() {
        User user = new User("alice", List.of("ops", "dev"), true, NOW.plusSeconds(60), new Proof("id", "", NOW));

        assertThat(tokens.verify(tokens.issue(user))).isEqualTo(user);
    }

    @Test
    void a_token_that_says_it_is_yet_to_be_made_has_no_longer_life_and_no_revocation_passes_it_by() throws Exception {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer("muster-local")
                .audience("muster")
                .subject("alice")
                .issueTime(Date.from(NOW.plus(Duration.ofDays(400))));

        User user = tokens.verify(signed(
                claims.expirationTime(Date.from(NOW.plus(Duration.ofDays(300)))).build(), KEY));

        assertThat(user.proof().issuedAt()).isBefore(NOW);
        assertRefused(signed(
                claims.expirationTime(Date.from(NOW.plus(Duration.ofDays(700)))).build(), KEY));
        Date ahead = Date.from(NOW.plusSeconds(20));
        assertThat(tokens.verify(signed(
                                claims.issueTime(ahead)
                                        .expirationTime(Date.from(NOW.plusSeconds(60)))
                                        .build(),
                                KEY))
                        .proof()
                        .issuedAt())
                .isEqualTo(ahead.toInstant());
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void a_token_with_a_mistake_is_refused(Row row) throws Exception {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer("muster-local")
                .audience("muster")
                .subject("alice")
                .expirationTime(Date.from(NOW.plusSeconds(60)));
        assertThat(tokens.verify(signed(claims.build(), KEY)).name()).isEqualTo("alice");

        assertRefused(signed(row.change().apply(claims).build(), KEY));
    }

    @Test
    void another_key_another_algorithm_or_none_is_refused() throws Exception {
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .issuer("muster-local")
                .audience("muster")
                .subject("alice")
                .expirationTime(Date.from(NOW.plusSeconds(60)))
                .build();
        byte[] other = new byte[32];
        other[0] = 1;
        SignedJWT longer = new SignedJWT(new JWSHeader(JWSAlgorithm.HS512), claims);
        longer.sign(new MACSigner(new byte[64]));

        assertRefused(signed(claims, other));
        assertRefused(longer.serialize());
        assertRefused(new PlainJWT(new PlainHeader(), claims).serialize());
        assertRefused("");
        assertRefused("x".repeat(20_000));
    }

    private void assertRefused(String token) {
        assertThatThrownBy(() -> tokens.verify(token))
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED));
    }

    private static String signed(JWTClaimsSet claims, byte[] key) throws Exception {
        SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
        token.sign(new MACSigner(key));
        return token.serialize();
    }
}
