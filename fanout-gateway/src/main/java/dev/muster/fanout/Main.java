package dev.muster.fanout;

import dev.muster.contract.settings.BadSettingsException;
import dev.muster.contract.topics.TopicsException;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/** Runs the fan-out gateway on its own, with settings from the environment. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        FanoutServer server;
        try {
            server = FanoutServer.start(System.getenv());
        } catch (BadSettingsException | TopicsException | IOException e) {
            System.err.println("fan-out gateway: " + e.getMessage());
            System.exit(1);
            return;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            server.close();
                            stopped.countDown();
                        },
                        "fanout-stop"));
        stopped.await();
    }
}
