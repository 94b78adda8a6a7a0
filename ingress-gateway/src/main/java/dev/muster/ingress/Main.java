package dev.muster.ingress;

import dev.muster.contract.service.ServiceMain;

/** The ingress gateway as a process of its own. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        new ServiceMain(
                        "ingress",
                        IngressConfig.SETTINGS,
                        IngressConfig::from,
                        variables -> ServiceMain.Running.untilStopped(IngressServer.start(variables)::close))
                .runAndExit(arguments);
    }
}
