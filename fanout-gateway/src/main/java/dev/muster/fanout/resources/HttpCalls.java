package dev.muster.fanout.resources;

import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.OpenApi;
import dev.muster.fanout.resources.groups.GroupCalls;
import dev.muster.fanout.resources.health.HealthCalls;
import dev.muster.fanout.resources.history.HistoryCall;
import dev.muster.fanout.resources.nodes.NodeCalls;
import dev.muster.fanout.resources.output.OutputCall;
import dev.muster.fanout.resources.signin.RevocationCalls;
import dev.muster.fanout.resources.signin.SignInCalls;
import dev.muster.fanout.resources.tasks.TaskCalls;
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
