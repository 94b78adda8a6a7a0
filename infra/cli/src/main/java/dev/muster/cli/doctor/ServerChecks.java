package dev.muster.cli.doctor;

import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.console.CliFailure;
import dev.muster.client.ApiClient;
import dev.muster.client.ClientException;
import java.util.ArrayList;
import java.util.List;

/** Checks a running Muster, as a client sees it. */
final class ServerChecks {
    private ServerChecks() {}

    static List<Finding> run(ConnectOptions connect) {
        ApiClient api;
        try {
            api = connect.client();
        } catch (CliFailure e) {
            return List.of(Finding.warn("no Muster was looked at: " + e.getMessage(), ""));
        }
        List<Finding> findings = new ArrayList<>();
        try {
            api.getText("/healthz");
            findings.add(Finding.ok(api.base() + " is alive"));
        } catch (ClientException e) {
            return List.of(Finding.bad(String.valueOf(e.getMessage()), "start it: infra/muster up"));
        }
        try {
            api.getText("/readyz");
            findings.add(Finding.ok("it is ready: its pipeline moves"));
        } catch (ClientException e) {
            findings.add(Finding.bad(
                    "it is not ready: " + e.getMessage(), "look at its log; a broker or registry may be missing"));
        }
        try {
            long nodes = api.get("/api/v1/nodes?limit=1")
                    .path("counts")
                    .path("total")
                    .asLong(-1);
            findings.add(Finding.ok("it takes the token" + (nodes < 0 ? "" : "; nodes to be seen: " + nodes)));
        } catch (ClientException e) {
            findings.add(Finding.bad(
                    "it does not answer with this token: " + e.getMessage(),
                    "make a token with `infra/muster token`, or unset MUSTER_TOKEN to act as the local admin"));
        }
        return findings;
    }
}
