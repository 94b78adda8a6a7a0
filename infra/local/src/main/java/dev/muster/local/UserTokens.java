package dev.muster.local;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.contract.ids.Ids;
import dev.muster.local.data.StartFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;

/** Makes user tokens with the local key: JWTs signed with HS256, for one Muster on one machine. */
public final class UserTokens {
    public static final String ISSUER = "muster-local";
    public static final String AUDIENCE = "muster";
    public static final String LOCAL_USER = "admin";
    /** The maximum that a gateway accepts unless its settings lower it. */
    private static final Duration TTL_MAX = Duration.ofDays(365);

    private final byte[] key;
    private final Clock clock;

    public UserTokens(byte[] key, Clock clock) {
        this.key = key.clone();
        this.clock = clock;
    }

    /** A token of a user who may see and do everything, for a command that acts at once. */
    public String mintLocalAdmin() {
        return mintLocalAdmin(Duration.ofHours(1));
    }

    /** The same token with another lifetime. */
    public String mintLocalAdmin(Duration ttl) {
        return mint(LOCAL_USER, List.of(), true, ttl);
    }

    /** @throws StartFailure if a name is not one of a user or group, or the token would never be valid */
    public String mint(String user, List<String> groups, boolean admin, Duration ttl) {
        if (!Ids.isUser(user)) {
            throw new StartFailure("'" + user + "' is not a user name: 1 to 64 letters, digits or . _ @ -");
        }
        for (String group : groups) {
            if (!Ids.isGroup(group)) {
                throw new StartFailure("'" + group + "' is not a group name: 1 to 64 letters, digits or . _ @ -");
            }
        }
        if (ttl.isNegative() || ttl.isZero()) {
            throw new StartFailure("a token must live for longer than nothing");
        }
        if (ttl.compareTo(TTL_MAX) > 0) {
            throw new StartFailure("a token lives for " + TTL_MAX.toDays()
                    + " days at most; gateways may take less (MUSTER_FANOUT_TOKEN_HOURS_MAX)");
        }
        Instant now = clock.instant();
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .audience(AUDIENCE)
                .subject(user)
                .claim("groups", groups)
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(ttl)))
                .jwtID(UUID.randomUUID().toString());
        if (admin) {
            claims.claim("role", "admin");
        }
        try {
            SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims.build());
            token.sign(new MACSigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException("HS256 with 32 bytes cannot fail", e);
        }
    }
}
