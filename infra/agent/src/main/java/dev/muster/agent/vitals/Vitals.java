package dev.muster.agent.vitals;

import dev.muster.proto.agent.v1.Host;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads the machine's state from /proc, as proc(5) describes it. Unreadable values stay 0. Confined to one thread. */
public final class Vitals implements VitalsSource {
    private final Path proc;
    private List<long[]> before = List.of();

    public Vitals(Path proc) {
        this.proc = proc;
    }

    /** CPU percentages cover the time since the last call; 0 at the first one. */
    @Override
    public dev.muster.proto.agent.v1.Vitals read() {
        var vitals = dev.muster.proto.agent.v1.Vitals.newBuilder();
        readCpu(vitals);
        readMemory(vitals);
        readLoad(vitals);
        readDisk(vitals);
        return vitals.build();
    }

    @Override
    public Host host() {
        Host.Builder host = Host.newBuilder()
                .setHostname(hostname())
                .setOs(osName())
                .setArch(System.getProperty("os.arch", ""))
                .setCpuCount(Runtime.getRuntime().availableProcessors());
        for (String line : lines("meminfo")) {
            if (line.startsWith("MemTotal:")) {
                host.setMemoryTotalBytes(kibibytes(line));
            }
        }
        return host.build();
    }

    private void readCpu(dev.muster.proto.agent.v1.Vitals.Builder vitals) {
        List<long[]> now = new ArrayList<>();
        for (String line : lines("stat")) {
            if (!line.startsWith("cpu")) {
                break;
            }
            now.add(busyAndTotal(line.split("\\s+", -1)));
        }
        for (int i = 0; i < now.size() && i < before.size(); i++) {
            long busy = now.get(i)[0] - before.get(i)[0];
            long total = now.get(i)[1] - before.get(i)[1];
            double percent = total <= 0 ? 0 : Math.max(0, Math.min(100, 100.0 * busy / total));
            if (i == 0) {
                vitals.setCpuPercent(round(percent));
            } else {
                vitals.addCpuPercentPerCore(round(percent));
            }
        }
        before = now;
    }

    // Fields: user nice system idle iowait irq softirq steal guest guest_nice; user time already includes guest time.
    private static long[] busyAndTotal(String[] fields) {
        long total = 0;
        for (int i = 1; i < fields.length && i <= 8; i++) {
            total += Long.parseLong(fields[i]);
        }
        long idle = fields.length > 5 ? Long.parseLong(fields[4]) + Long.parseLong(fields[5]) : 0;
        return new long[] {total - idle, total};
    }

    private void readMemory(dev.muster.proto.agent.v1.Vitals.Builder vitals) {
        long total = 0;
        long available = 0;
        for (String line : lines("meminfo")) {
            if (line.startsWith("MemTotal:")) {
                total = kibibytes(line);
            } else if (line.startsWith("MemAvailable:")) {
                available = kibibytes(line);
            }
        }
        vitals.setMemoryUsedBytes(Math.max(0, total - available));
    }

    private void readLoad(dev.muster.proto.agent.v1.Vitals.Builder vitals) {
        List<String> lines = lines("loadavg");
        if (!lines.isEmpty()) {
            String[] fields = lines.get(0).split(" ", -1);
            vitals.setLoad1(Double.parseDouble(fields[0]))
                    .setLoad5(Double.parseDouble(fields[1]))
                    .setLoad15(Double.parseDouble(fields[2]));
        }
    }

    private static void readDisk(dev.muster.proto.agent.v1.Vitals.Builder vitals) {
        try {
            FileStore root = Files.getFileStore(Path.of("/"));
            vitals.setDiskTotalBytes(root.getTotalSpace())
                    .setDiskUsedBytes(root.getTotalSpace() - root.getUnallocatedSpace());
        } catch (IOException e) {
            // a machine without a readable root file system reports 0
        }
    }

    private List<String> lines(String file) {
        try {
            return Files.readAllLines(proc.resolve(file));
        } catch (IOException e) {
            return List.of();
        }
    }

    private static long kibibytes(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    }

    private static double round(double percent) {
        return Math.round(percent * 10) / 10.0;
    }

    private String hostname() {
        List<String> lines = lines("sys/kernel/hostname");
        if (!lines.isEmpty()) {
            return lines.get(0);
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String osName() {
        try {
            for (String line : Files.readAllLines(Path.of("/etc/os-release"))) {
                if (line.startsWith("PRETTY_NAME=")) {
                    return line.substring("PRETTY_NAME=".length()).replace("\"", "");
                }
            }
        } catch (IOException e) {
            // not Linux, or a minimal one
        }
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    }
}
