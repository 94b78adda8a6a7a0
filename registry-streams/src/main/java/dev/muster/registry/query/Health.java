package dev.muster.registry.query;

import dev.muster.proto.query.v1.GetHealthResponse;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Folds the checks of all parts: ready when no part has a problem. */
public final class Health implements Supplier<GetHealthResponse> {
    private final Map<String, Supplier<Optional<String>>> checks;

    /** @param checks name of a part, and what is wrong with it now */
    public Health(Map<String, Supplier<Optional<String>>> checks) {
        this.checks = Map.copyOf(checks);
    }

    @Override
    public GetHealthResponse get() {
        GetHealthResponse.Builder health = GetHealthResponse.newBuilder().setReady(true);
        checks.forEach((part, check) -> {
            Optional<String> problem = check.get();
            health.putParts(part, problem.orElse("ok"));
            if (problem.isPresent()) {
                health.setReady(false);
            }
        });
        return health.build();
    }
}
