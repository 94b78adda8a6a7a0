package dev.muster.fanout.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * JSON Web Tokens (RFC 7519) signed with HS256 by the local key: issuer {@code muster-local}, audience {@code muster},
 * claims {@code sub}, {@code groups}, {@code role} ({@code admin} or absent), {@code exp}, {@code jti}. Thread-safe.
 */
public final class UserTokens {
    static final String ISSUER = "muster-local";
    static final String AUDIENCE = "muster";
    static final int GROUPS_MAX = 256;
    private static final int TOKEN_CHARS_MAX = 16_384;
    /** The clock of the machine that made a token may be ahead by so much. */
    private static final Duration SKEW = Duration.ofSeconds(60);

    private final byte[] key;
    private final Duration lifeMax;
    private final Clock clock;

    /** @param lifeMax a token that was made for longer is refused */
    public UserTokens(UserKey key, Duration lifeMax, Clock clock) {
        this.key = key.bytes();
        this.lifeMax = lifeMax;
        this.clock = clock;
    }

    /** A token for a user who was identified in another way, for instance by a sign-in code. */
    public String issue(User user) {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .audience(AUDIENCE)
                .subject(user.name())
                .claim("groups", user.groups())
                .issueTime(Date.from(clock.instant()))
                .expirationTime(Date.from(user.expiresAt()))
                .jwtID(
                        user.proof().id().isEmpty()
                                ? UUID.randomUUID().toString()
                                : user.proof().id());
        if (user.admin()) {
            claims.claim("role", "admin");
        }
        SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims.build());
        try {
            token.sign(new MACSigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException("a key of 32 bytes signs HS256", e);
        }
        return token.serialize();
    }

    /** @throws MusterException {@code unauthenticated}, with what is wrong in words */
    public User verify(String token) {
        if (token.length() > TOKEN_CHARS_MAX) {
            throw refused("The token is too long.");
        }
        try {
            SignedJWT parsed = SignedJWT.parse(token);
            if (!JWSAlgorithm.HS256.equals(parsed.getHeader().getAlgorithm()) || !parsed.verify(new MACVerifier(key))) {
                throw refused("The token is not signed by this installation's key.");
            }
            return userOf(parsed.getJWTClaimsSet());
        } catch (ParseException | JOSEException | IllegalArgumentException e) {
            throw refused("The token is not a valid JSON Web Token.");
        }
    }

    private User userOf(JWTClaimsSet claims) throws ParseException {
        if (!ISSUER.equals(claims.getIssuer()) || !claims.getAudience().contains(AUDIENCE)) {
            throw refused("The token was made for something else (issuer or audience).");
        }
        Instant now = clock.instant();
        @Nullable Date expiry = claims.getExpirationTime();
        if (expiry == null || !expiry.toInstant().isAfter(now)) {
            throw refused("The token has expired.");
        }
        @Nullable Date issued = claims.getIssueTime();
        // a token that does not say when it was made, or says that it is yet to be made, counts as made now for its
        // life,
        // and as made before every revocation of its user
        boolean plausible = issued != null && !issued.toInstant().isAfter(now.plus(SKEW));
        Instant issuedAt = plausible && issued != null ? issued.toInstant() : now;
        if (Duration.between(issuedAt, expiry.toInstant()).compareTo(lifeMax) > 0) {
            throw refused("The token was made for longer than " + lifeMax.toHours()
                    + " hours, which is the most that is taken here (MUSTER_FANOUT_TOKEN_HOURS_MAX).");
        }
        @Nullable Date notBefore = claims.getNotBeforeTime();
        if (notBefore != null && notBefore.toInstant().isAfter(now)) {
            throw refused("The token is not valid yet.");
        }
        @Nullable String subject = claims.getSubject();
        if (subject == null || !Ids.isUser(subject)) {
            throw refused("The token names no valid user.");
        }
        @Nullable List<String> groups = claims.getStringListClaim("groups");
        if (groups == null) {
            groups = List.of();
        }
        if (groups.size() > GROUPS_MAX || !groups.stream().allMatch(group -> group != null && Ids.isGroup(group))) {
            throw refused("The token's groups are not valid.");
        }
        @Nullable String role = claims.getStringClaim("role");
        return new User(
                subject,
                groups,
                "admin".equals(role),
                expiry.toInstant(),
                new Proof(idOf(claims), "", plausible ? issuedAt : Instant.EPOCH));
    }

    private static String idOf(JWTClaimsSet claims) {
        @Nullable String id = claims.getJWTID();
        return id == null ? "" : id;
    }

    private static MusterException refused(String detail) {
        return new MusterException(ErrorCode.UNAUTHENTICATED, detail);
    }
}
