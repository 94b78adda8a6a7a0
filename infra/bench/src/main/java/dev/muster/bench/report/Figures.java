package dev.muster.bench.report;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The measured figures of a benchmark, beside the promised ones. A promised figure that was not added is in the report
 * too: as not measured, with the reason. So no part can be left out silently. Confined to the thread of the benchmark.
 */
public final class Figures {
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();
    /** Promised figures that are still missing, by name. */
    private final Map<String, Promise> owed = new LinkedHashMap<>();

    private record Promise(String part, Owed figure) {}

    /** Some of a benchmark's work. */
    public interface Work {
        void run() throws IOException, InterruptedException;
    }

    public Figures(Progress progress) {
        this.progress = progress;
    }

    /** Promises figures of a part of the benchmark. */
    public void owe(String part, List<Owed> promised) {
        promised.forEach(figure -> owed.put(figure.name(), new Promise(part, figure)));
    }

    public void add(Figure figure) {
        owed.remove(figure.name());
        figures.add(figure);
        if (!figure.isMeasured()) {
            progress.say("not measured: " + figure.name() + ": " + figure.reason());
        }
    }

    /**
     * Measures a part. If a wait runs out, the outstanding figures of this part are reported as not measured, and the
     * benchmark goes on.
     *
     * @return whether no wait ran out
     */
    public boolean attempt(String part, Work work) throws IOException, InterruptedException {
        try {
            work.run();
            return true;
        } catch (IOException | RuntimeException e) {
            Optional<WaitRanOut> ranOut = WaitRanOut.in(e);
            if (ranOut.isEmpty()) {
                throw e;
            }
            progress.say(part + ": " + ranOut.get().reason());
            leaveOut(part, ranOut.get().reason());
            return false;
        }
    }

    /** The figures that this part still owes are not measured. */
    public void leaveOut(String part, String reason) {
        for (Promise promise : List.copyOf(owed.values())) {
            if (promise.part().equals(part)) {
                add(promise.figure().notMeasured(reason));
            }
        }
    }

    /** All, those that were promised and are missing as not measured. */
    public List<Figure> finish(String reason) {
        for (Promise promise : List.copyOf(owed.values())) {
            add(promise.figure().notMeasured(reason));
        }
        return List.copyOf(figures);
    }
}
