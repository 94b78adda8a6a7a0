package dev.muster.local.data;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Ports of the loopback interface. */
public final class Ports {
    private Ports() {}

    /**
     * Fails where another process listens. Port 0 is always free.
     *
     * @param purpose as in "port 8080 for the page is taken"
     * @param remedy what to do then; may be empty
     * @throws StartFailure in one line
     */
    public static void requireFree(int port, String purpose, String remedy) {
        requireFree(InetAddress.getLoopbackAddress().getHostAddress(), port, purpose, remedy);
    }

    /** The same on another address of this machine. */
    public static void requireFree(String host, int port, String purpose, String remedy) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(host, port));
        } catch (BindException e) {
            if (port == 0 || String.valueOf(e.getMessage()).contains("assign")) {
                throw new StartFailure("this machine has no address " + host + " to listen on", e);
            }
            throw new StartFailure(
                    "port " + port + " for " + purpose + " is taken" + (remedy.isEmpty() ? "" : "; " + remedy), e);
        } catch (IOException e) {
            throw StartFailure.from("cannot listen on port " + port, e);
        }
    }

    /** A port that is free now. Another process may take it before the caller does: be ready to ask again. */
    public static int free() {
        return free(1).get(0);
    }

    /**
     * As many free ports. A caller that needs several asks once. The system may give a port that was looked at and
     * released to the next caller (here once in some thousand times), so all ports are held until the last one is
     * known.
     */
    public static List<Integer> free(int count) {
        List<ServerSocket> held = new ArrayList<>();
        try {
            List<Integer> ports = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.add(probe);
                ports.add(probe.getLocalPort());
            }
            return List.copyOf(ports);
        } catch (IOException e) {
            throw StartFailure.from("cannot find a free port", e);
        } finally {
            held.forEach(Ports::close);
        }
    }

    private static void close(ServerSocket probe) {
        try {
            probe.close();
        } catch (IOException ignored) {
            // the end of this process frees the port
        }
    }
}
