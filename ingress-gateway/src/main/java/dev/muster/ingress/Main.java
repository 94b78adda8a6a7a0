package dev.muster.ingress;

import dev.muster.kit.process.ServiceMain;

/** The ingress gateway as a process of its own. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        new ServiceMain("ingress", IngressConfig.SETTINGS, IngressConfig::from, variables -> {
                    IngressServer server = IngressServer.start(variables);
                    return new ServiceMain.Running(server.failed(), server::close);
                })
                .runAndExit(arguments);
    }
}
