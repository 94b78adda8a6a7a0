package dev.muster.ingress.grpc;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.ingress.auth.Credentials;
import dev.muster.ingress.auth.NodeDirectory;
import dev.muster.ingress.session.Refusal;
import io.grpc.Metadata;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Who may come in. */
final class Doorkeeper {
    private final Credentials credentials;
    private final NodeDirectory directory;
    private final BooleanSupplier brokerAnswers;

    Doorkeeper(Credentials credentials, NodeDirectory directory, BooleanSupplier brokerAnswers) {
        this.credentials = credentials;
        this.directory = directory;
        this.brokerAnswers = brokerAnswers;
    }

    /** The node that a call's credential was made for, if it is genuine. */
    Optional<Credentials.Claim> claimOf(Metadata headers) {
        return credentials.verify(Wire.credentialOf(headers));
    }

    /** True while the table may still learn of this credential. */
    boolean isUndecided(Credentials.Claim claim) {
        return switch (directory.standing(claim)) {
            case BEHIND, ABSENT -> true;
            case WELCOME, REVOKED, DISABLED, DELETED -> false;
        };
    }

    /**
     * Why the node may not connect; empty if it may. If the table does not know the credential after a while, it will
     * not learn it.
     */
    Optional<Refusal> refusal(Credentials.Claim claim) {
        return switch (directory.standing(claim)) {
            case WELCOME -> Optional.empty();
            case REVOKED -> refuse(ErrorCode.CREDENTIAL_REVOKED, "the credential was revoked or replaced");
            case DISABLED -> refuse(ErrorCode.NODE_DISABLED, "the node is disabled");
            case DELETED -> refuse(ErrorCode.NODE_DELETED, "the node was deleted");
            case BEHIND -> refuse(ErrorCode.UNAVAILABLE, "this gateway has not heard of that credential yet");
            case ABSENT ->
                brokerAnswers.getAsBoolean()
                        ? refuse(ErrorCode.NODE_DELETED, "the node no longer exists")
                        : refuse(ErrorCode.UNAVAILABLE, "this gateway has not heard of that node yet");
        };
    }

    private static Optional<Refusal> refuse(ErrorCode code, String detail) {
        return Optional.of(new Refusal(code, detail));
    }
}
