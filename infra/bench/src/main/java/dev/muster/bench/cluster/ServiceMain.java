package dev.muster.bench.cluster;

import dev.muster.local.Services;
import io.grpc.netty.shaded.io.netty.util.internal.PlatformDependent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One service for a benchmark. Prints {@code ready PORT}. Then it answers each line {@code heap} on its standard input
 * with the live bytes on its heap after a full collection, and those of its buffers outside of it. Ends with its
 * standard input.
 */
public final class ServiceMain {
    static final String READY = "ready ";
    static final String HEAP = "heap";

    private ServiceMain() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        try (Services.Running service = Services.start(
                args[0],
                System.getenv(),
                line -> System.err.println(line),
                why -> Runtime.getRuntime().halt(1))) {
            System.out.println(READY + service.port());
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.strip().toLowerCase(Locale.ROOT).equals(HEAP)) {
                    System.gc();
                    System.out.println(HEAP + " "
                            + ManagementFactory.getMemoryMXBean()
                                    .getHeapMemoryUsage()
                                    .getUsed()
                            + " " + directBytes());
                }
            }
        }
    }

    /** Those of the network library are not among the JVM's own. */
    private static long directBytes() {
        long bytes = Math.max(0, PlatformDependent.usedDirectMemory());
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().equals("direct")) {
                bytes += pool.getMemoryUsed();
            }
        }
        return bytes;
    }
}
