package dev.muster.agent.link;

import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.settings.AgentException;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** Connections to a gateway, and the metadata of its calls. */
public final class Channels {
    public static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    public static final Metadata.Key<String> SESSION =
            Metadata.Key.of("muster-session", Metadata.ASCII_STRING_MARSHALLER);
    public static final Metadata.Key<String> CODE = Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER);
    public static final Metadata.Key<String> ERROR_ID =
            Metadata.Key.of("muster-error-id", Metadata.ASCII_STRING_MARSHALLER);

    /** How long to wait before the call can succeed. */
    public static final Metadata.Key<String> RETRY_AFTER_MILLIS =
            Metadata.Key.of("muster-retry-after-ms", Metadata.ASCII_STRING_MARSHALLER);

    private static final int WINDOW_BYTES = 256 << 10;

    private Channels() {}

    /** Opens a connection to a gateway. */
    public interface Factory {
        /** @throws AgentException if no connection is possible, whatever the network does */
        ManagedChannel open() throws AgentException;
    }

    public static ManagedChannel open(String gateway, AgentConfig config) throws AgentException {
        int colon = gateway.lastIndexOf(':');
        if (colon <= 0) {
            throw new AgentException("the gateway's address '" + gateway + "' is not host:port");
        }
        int port;
        try {
            port = Integer.parseInt(gateway.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new AgentException("the gateway's address '" + gateway + "' is not host:port", e);
        }
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(gateway.substring(0, colon), port)
                .flowControlWindow(WINDOW_BYTES)
                .keepAliveTime(30, TimeUnit.SECONDS)
                .keepAliveTimeout(20, TimeUnit.SECONDS);
        if (isPlain(gateway, config)) {
            return builder.usePlaintext().build();
        }
        try {
            SslContextBuilder ssl = GrpcSslContexts.forClient();
            if (config.caFile() != null) {
                ssl.trustManager(config.caFile().toFile());
            }
            if (config.certFile() != null && config.keyFile() != null) {
                ssl.keyManager(config.certFile().toFile(), config.keyFile().toFile());
            }
            return builder.sslContext(ssl.build()).build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new AgentException(
                    "cannot use the TLS files " + config.caFile() + ", " + config.certFile() + ", " + config.keyFile()
                            + ": " + e.getMessage(),
                    e);
        }
    }

    static boolean isPlain(String gateway, AgentConfig config) {
        return config.plaintext() || isPlainByDefault(gateway.substring(0, gateway.lastIndexOf(':')), config);
    }

    /** Traffic that stays on this machine cannot be read elsewhere. */
    private static boolean isPlainByDefault(String host, AgentConfig config) {
        try {
            return config.caFile() == null
                    && config.certFile() == null
                    && InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Why a call ended, for people. If no gateway answered in plaintext, also what may help. */
    static String reason(EndOfCall end, String gateway, AgentConfig config) {
        boolean noneSpoke = end.code().isEmpty()
                && (end.status().getCode() == Status.Code.UNAVAILABLE
                        || end.status().getCode() == Status.Code.CANCELLED
                        || end.status().getCode() == Status.Code.DEADLINE_EXCEEDED);
        return noneSpoke && isPlain(gateway, config)
                ? end + "; this was without TLS: where the gateway has it, --ca FILE is needed"
                : end.toString();
    }

    static Metadata bearer(String credential) {
        Metadata metadata = new Metadata();
        metadata.put(AUTHORIZATION, "Bearer " + credential);
        return metadata;
    }
}
