package dev.muster.cli.api;

import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.client.ClientException;
import dev.muster.client.Feed;
import dev.muster.client.Unreachable;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Handles an outage for a command that follows something. It reports the outage once, tries again after growing pauses
 * for as long as a slow restart takes, and reports when it is connected again. Confined to one thread.
 */
public final class Outage {
    /** How long a command goes on trying. */
    public static final Duration PATIENCE = Duration.ofMinutes(10);

    /** Shorter outages are not mentioned. */
    private static final Duration NOTICEABLE = Duration.ofSeconds(1);

    private static final long PAUSE_MS = 100;
    private static final long PAUSE_MS_MAX = 3_000;

    private final Consumer<String> say;
    private final Runnable back;
    private final String meanwhile;
    private final String afterwards;
    private long sinceNanos;
    private int failures;
    private boolean said;

    /**
     * @param say told when the connection is lost
     * @param back told that the connection is back, if the loss was reported
     * @param meanwhile what the user can do while the command tries again
     * @param afterwards if the command gives up: what goes on, and how to come back to it
     */
    public Outage(Consumer<String> say, Runnable back, String meanwhile, String afterwards) {
        this.say = say;
        this.back = back;
        this.meanwhile = meanwhile;
        this.afterwards = afterwards;
    }

    /** An outage handler that reports on standard error. */
    public static Outage of(CliIo io, String meanwhile, String afterwards) {
        return new Outage(io::say, () -> io.say("connected again"), meanwhile, afterwards);
    }

    /**
     * The connection was lost, or could not be made. Returns when it should be tried again.
     *
     * @throws CliFailure when that took too long
     */
    public void failed(Exception why) throws InterruptedException {
        long now = System.nanoTime();
        if (failures++ == 0) {
            sinceNanos = now;
        }
        Duration lasted = Duration.ofNanos(now - sinceNanos);
        if (lasted.compareTo(PATIENCE) > 0) {
            throw new CliFailure(
                    "no connection for " + PATIENCE.toMinutes() + " minutes (" + why.getMessage() + "); " + afterwards,
                    why);
        }
        if (!said && (lasted.compareTo(NOTICEABLE) > 0 || why instanceof Unreachable)) {
            said = true;
            say.accept("connection lost; trying again (" + meanwhile + ")");
        }
        long pause = Math.min(PAUSE_MS_MAX, PAUSE_MS << Math.min(failures, 5));
        Thread.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
    }

    /** The connection works again. */
    public void over() {
        failures = 0;
        if (said) {
            said = false;
            back.run();
        }
    }

    /** Whether another try may succeed: no server answered, or Muster said that it is busy or unavailable. */
    public static boolean isPassing(@Nullable Throwable failure) {
        return failure instanceof Feed.Ended || (failure instanceof ClientException call && call.isPassing());
    }
}
