package dev.muster.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a benchmark found out about this machine before it measured, and the load that follows from it. So a slow
 * machine gets less load instead of a queue that grows without end. Confined to the thread of the benchmark.
 */
public final class Calibration {
    private final Progress progress;
    private final List<Entry> entries = new ArrayList<>();
    private double loadShare = 1;

    /** One thing that was found out, or decided. */
    public record Entry(String name, double value, String unit) {}

    /** One turn of a warm-up. */
    public interface Turn {
        /** Runs for some seconds; returns the rate it reached, or what else becomes steady. */
        double run() throws java.io.IOException, InterruptedException;
    }

    /** Time, as System.nanoTime gives it. */
    interface Clock {
        long nanos();
    }

    private final Clock clock;

    public Calibration(Progress progress) {
        this(progress, System::nanoTime);
    }

    Calibration(Progress progress, Clock clock) {
        this.progress = progress;
        this.clock = clock;
    }

    /**
     * Runs turns until their rates are steady, for a time at most.
     *
     * @param what is warmed up, as in "warm-up of the gateway"
     * @param secondsMax a turn that is under way then is the last one
     * @return the median of the last turns' rates
     */
    public double warmUp(String what, String unit, double secondsMax, Turn turn)
            throws java.io.IOException, InterruptedException {
        long begin = clock.nanos();
        Steadiness steadiness = new Steadiness();
        do {
            double rate = turn.run();
            steadiness.add(rate);
            progress.say(String.format(Locale.ROOT, "warming up %s: %s %s", what, number(rate), unit));
        } while (!steadiness.isSteady() && seconds(begin) < secondsMax);
        note(
                "warm-up of " + what + (steadiness.isSteady() ? ", until steady" : ", not steady by its end"),
                seconds(begin),
                "s");
        double rate = steadiness.level();
        note(what + " reached", rate, unit);
        return rate;
    }

    /**
     * The load to offer: the requested one, or the share of the machine's capacity if that is less.
     *
     * @param capacity the measured capacity of the machine
     * @param share of it that is offered at most
     */
    public int load(String what, String unit, int wanted, double capacity, double share) {
        int load = load(wanted, capacity, share);
        loadShare = Math.min(loadShare, (double) load / wanted);
        note(what + (load < wanted ? ", less than the " + wanted + " that a faster machine gets" : ""), load, unit);
        return load;
    }

    static int load(int wanted, double capacity, double share) {
        double most = Double.isFinite(capacity) ? share * capacity : 0;
        return (int) Math.max(1, Math.min(wanted, most));
    }

    public void note(String name, double value, String unit) {
        entries.add(new Entry(name, value, unit));
        progress.say("calibration: " + name + ": " + number(value) + " " + unit);
    }

    /**
     * How much of the requested load was offered, from 0 to 1; the least where several loads were. Below 1 the figures
     * say nothing of the requested load: a machine that became slower and a product that became slower look alike.
     */
    public double loadShare() {
        return loadShare;
    }

    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    private double seconds(long begin) {
        return (clock.nanos() - begin) / 1e9;
    }

    static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.2f" : "%.0f", value);
    }
}
