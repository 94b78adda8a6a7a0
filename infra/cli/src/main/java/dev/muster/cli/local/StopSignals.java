package dev.muster.cli.local;

import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;

/** Ctrl-C and SIGTERM: the first one stops cleanly, the second one at once. */
final class StopSignals {
    private static final int KILLED = 130;

    private StopSignals() {}

    /** @param stop must return soon; longer work goes to its own thread */
    static void onFirst(Runnable stop) {
        AtomicInteger signals = new AtomicInteger();
        Runnable handler = () -> {
            if (signals.incrementAndGet() > 1) {
                Runtime.getRuntime().halt(KILLED);
            }
            stop.run();
        };
        Signals.register("INT", handler);
        Signals.register("TERM", handler);
        Signals.register("HUP", handler);
    }
}
