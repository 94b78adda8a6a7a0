package dev.muster.fanout;

import dev.muster.contract.service.ServiceMain;

/** The fan-out gateway as a process of its own. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        new ServiceMain(
                        "fanout",
                        FanoutConfig.SETTINGS,
                        FanoutConfig::from,
                        variables -> ServiceMain.Running.untilStopped(FanoutServer.start(variables)::close))
                .runAndExit(arguments);
    }
}
