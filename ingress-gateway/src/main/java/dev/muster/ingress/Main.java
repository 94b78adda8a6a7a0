package dev.muster.ingress;

import dev.muster.contract.settings.BadSettingsException;
import dev.muster.contract.topics.TopicsException;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ingress gateway as a process of its own, configured by environment variables. */
public final class Main {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        CountDownLatch stopped = new CountDownLatch(1);
        try {
            IngressServer server = IngressServer.start(System.getenv());
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                server.close();
                                stopped.countDown();
                            },
                            "ingress-stop"));
        } catch (BadSettingsException | TopicsException | IOException e) {
            LOG.atError().addKeyValue("reason", e.getMessage()).log("the ingress gateway cannot start");
            System.exit(1);
        }
        stopped.await();
    }
}
