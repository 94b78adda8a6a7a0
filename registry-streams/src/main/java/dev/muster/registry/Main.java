package dev.muster.registry;

import dev.muster.kit.process.ServiceMain;

/** The registry as a process of its own. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        new ServiceMain("registry", RegistryConfig.SETTINGS, RegistryConfig::from, variables -> {
                    RegistryServer server = RegistryServer.start(variables);
                    return new ServiceMain.Running(server.failed(), server::close);
                })
                .runAndExit(arguments);
    }
}
