package dev.muster.local;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

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

    /** Whether nobody listens on the port now; never for port 0. */
    public static boolean isFree(int port) {
        if (port == 0) {
            return false;
        }
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** A port that nobody uses now. Somebody may by the time that it is taken: be ready to ask again. */
    public static int free() {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw StartFailure.from("cannot find a free port", e);
        }
    }
}
