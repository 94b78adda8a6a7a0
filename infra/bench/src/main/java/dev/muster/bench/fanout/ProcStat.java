package dev.muster.bench.fanout;

import dev.muster.bench.cluster.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Linux's figures about a process. */
final class ProcStat {
    private static final double TICKS_PER_SECOND = 100;

    private ProcStat() {}

    /** CPU seconds of some processes together. */
    static double cpuSeconds(List<Long> pids) throws IOException {
        double seconds = 0;
        for (long pid : pids) {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            // the name, in parentheses, may hold spaces
            List<String> fields =
                    List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
            seconds += (Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12))) / TICKS_PER_SECOND;
        }
        return seconds;
    }

    /** Memory of some processes together, shared pages counted in part, in bytes. */
    static long memoryBytes(List<Long> pids) throws IOException {
        long bytes = 0;
        for (long pid : pids) {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps_rollup"))) {
                if (line.startsWith("Pss:")) {
                    bytes += 1_024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        }
        return bytes;
    }

    /** Heap in use after a collection, and threads. */
    record Usage(long heapBytes, long threads) {}

    static Usage usage(ServiceProcess service) throws IOException {
        long heap = service.heapBytes();
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(service.pid()), "status"))) {
            if (line.startsWith("Threads:")) {
                return new Usage(heap, Long.parseLong(line.replaceAll("[^0-9]", "")));
            }
        }
        return new Usage(heap, 0);
    }

    static long openFiles(long pid) throws IOException {
        try (var files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return files.count();
        }
    }
}
