package dev.muster.registry;

import dev.muster.contract.settings.BadSettingsException;
import dev.muster.contract.topics.TopicsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registry as a process: settings from the environment, a clean stop on SIGTERM, exit code 1 where it cannot go on. */
public final class Main {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        try {
            RegistryServer server = RegistryServer.start(System.getenv());
            Runtime.getRuntime().addShutdownHook(new Thread(server::close, "registry-stop"));
            String app = server.failed().join();
            LOG.atError().addKeyValue("app", app).log("streams app has stopped; the process ends, to be started again");
            System.exit(1);
        } catch (BadSettingsException | TopicsException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }
}
