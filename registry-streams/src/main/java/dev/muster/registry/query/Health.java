package dev.muster.registry.query;

import dev.muster.kit.process.OperationsServer;
import dev.muster.proto.query.v1.GetHealthResponse;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Folds the checks of all parts: ready when no part has a problem. A warning is told and changes nothing else. */
public final class Health implements Supplier<GetHealthResponse> {
    private final Map<String, Supplier<Optional<String>>> checks;
    private final Map<String, Supplier<Optional<String>>> warnings;

    /**
     * @param checks name of a part, and its present problem
     * @param warnings name of a part, and what an operator should look at
     */
    public Health(Map<String, Supplier<Optional<String>>> checks, Map<String, Supplier<Optional<String>>> warnings) {
        this.checks = Map.copyOf(checks);
        this.warnings = Map.copyOf(warnings);
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
        warnings.forEach((part, look) -> health.putParts(
                part, look.get().map(warning -> "warning: " + warning).orElse("ok")));
        return health.build();
    }

    /** The same for operators: a line for each part. */
    public OperationsServer.Readiness readiness() {
        GetHealthResponse now = get();
        StringBuilder text = new StringBuilder();
        new TreeMap<>(now.getPartsMap())
                .forEach((part, state) ->
                        text.append(part).append(": ").append(state).append('\n'));
        return new OperationsServer.Readiness(now.getReady(), text.toString());
    }
}
