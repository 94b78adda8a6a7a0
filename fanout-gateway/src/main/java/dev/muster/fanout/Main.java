package dev.muster.fanout;

import dev.muster.kit.process.ServiceMain;

/** The fan-out gateway as a process of its own. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        new ServiceMain("fanout", FanoutConfig.SETTINGS, FanoutConfig::from, variables -> {
                    FanoutServer server = FanoutServer.start(variables);
                    return new ServiceMain.Running(server.failed(), server::close);
                })
                .runAndExit(arguments);
    }
}
