package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns failures into gRPC statuses with the trailers `muster-code` and, for faults of ours, `muster-error-id`. */
final class Answers {
    static final Metadata.Key<String> CODE = Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<String> ERROR_ID = Metadata.Key.of("muster-error-id", Metadata.ASCII_STRING_MARSHALLER);
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private final Supplier<String> errorIds;

    Answers(Supplier<String> errorIds) {
        this.errorIds = errorIds;
    }

    StatusRuntimeException failure(RuntimeException failure) {
        if (failure instanceof MusterException known) {
            return of(known.code(), String.valueOf(known.getMessage()));
        }
        String errorId = errorIds.get();
        LOG.atError().setCause(failure).addKeyValue("errorId", errorId).log("query failed");
        Metadata trailers = trailers(ErrorCode.INTERNAL);
        trailers.put(ERROR_ID, errorId);
        return Status.INTERNAL.withDescription("internal error " + errorId).asRuntimeException(trailers);
    }

    StatusRuntimeException of(ErrorCode code, String detail) {
        return status(code).withDescription(detail).asRuntimeException(trailers(code));
    }

    private static Metadata trailers(ErrorCode code) {
        Metadata trailers = new Metadata();
        trailers.put(CODE, code.code());
        return trailers;
    }

    private static Status status(ErrorCode code) {
        return switch (code.status()) {
            case 401 -> Status.UNAUTHENTICATED;
            case 403 -> Status.PERMISSION_DENIED;
            case 404, 410 -> Status.NOT_FOUND;
            case 409, 412 -> Status.FAILED_PRECONDITION;
            case 429 -> Status.RESOURCE_EXHAUSTED;
            case 503 -> Status.UNAVAILABLE;
            case 500 -> Status.INTERNAL;
            default -> Status.INVALID_ARGUMENT;
        };
    }
}
