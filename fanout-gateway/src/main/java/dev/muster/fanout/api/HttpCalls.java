package dev.muster.fanout.api;

import io.javalin.config.RoutesConfig;

/**
 * Every answer over HTTP except the live feed. A call that is added here is described in {@code openapi.json}: a test
 * compares the two.
 */
public record HttpCalls(
        Api api,
        NodeCalls nodes,
        TaskCalls tasks,
        GroupCalls groups,
        HistoryCall history,
        OutputCall output,
        SignInCalls signIn,
        RevocationCalls revocations,
        HealthCalls health) {
    public void addTo(RoutesConfig routes) {
        api.addProblems(routes);
        nodes.addTo(routes);
        tasks.addTo(routes);
        groups.addTo(routes);
        history.addTo(routes);
        output.addTo(routes);
        signIn.addTo(routes);
        revocations.addTo(routes);
        health.addTo(routes);
        new OpenApi(api).addTo(routes);
        // the last, since its routes take any name
        new Page(api).addTo(routes);
    }
}
