package dev.muster.bench.cluster;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** CPU time that each process used since the last look. */
public final class CpuMeter {
    private final List<ServiceProcess> processes;
    private final Map<Long, Duration> before = new LinkedHashMap<>();

    public CpuMeter(List<ServiceProcess> processes) {
        this.processes = List.copyOf(processes);
        var unused = take();
    }

    /** Seconds by service, several of one name together; {@code load} is this process. */
    public Map<String, Double> take() {
        Map<String, Double> used = new LinkedHashMap<>();
        for (ServiceProcess process : processes) {
            add(used, process.name(), process.pid(), process.cpu());
        }
        ProcessHandle self = ProcessHandle.current();
        add(used, "load", self.pid(), self.info().totalCpuDuration().orElse(Duration.ZERO));
        return used;
    }

    private void add(Map<String, Double> used, String name, long pid, Duration now) {
        Duration then = before.put(pid, now);
        used.merge(name, then == null ? 0.0 : now.minus(then).toNanos() / 1e9, Double::sum);
    }
}
