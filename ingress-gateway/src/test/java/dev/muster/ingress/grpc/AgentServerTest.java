package dev.muster.ingress.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.muster.kit.process.Threads;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.JoinRequest;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AgentServerTest {
    private static final char[] PASSWORD = "password".toCharArray();

    @Test
    void with_a_certificate_agents_are_served_over_tls_alone(@TempDir Path directory) throws Exception {
        Path cert = directory.resolve("cert.pem");
        Path key = directory.resolve("key.pem");
        selfSigned(directory, cert, key);
        AgentServer server = AgentServer.start(
                options(cert, key, "", 100),
                new AgentIngressGrpc.AgentIngressImplBase() {}.bindService(),
                new Threads());
        try {
            ManagedChannel secure = NettyChannelBuilder.forAddress(
                            "127.0.0.1",
                            server.port(),
                            TlsChannelCredentials.newBuilder()
                                    .trustManager(cert.toFile())
                                    .build())
                    .build();
            assertThat(statusOf(secure)).isEqualTo(Status.Code.UNIMPLEMENTED);
            ManagedChannel plain = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .build();
            assertThat(statusOf(plain)).isEqualTo(Status.Code.UNAVAILABLE);
            secure.shutdownNow();
            plain.shutdownNow();
        } finally {
            server.stop(0);
        }
    }

    @Test
    void a_certificate_that_is_none_is_said_at_the_start(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("cert.pem"), "nothing");
        assertThatThrownBy(() -> AgentServer.start(
                        options(file, file, "", 100),
                        new AgentIngressGrpc.AgentIngressImplBase() {}.bindService(),
                        new Threads()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void a_changed_certificate_serves_the_next_connection_without_a_restart(@TempDir Path directory) throws Exception {
        Path cert = directory.resolve("cert.pem");
        Path key = directory.resolve("key.pem");
        selfSigned(Files.createDirectory(directory.resolve("first")), cert, key);
        AgentServer server = AgentServer.start(options(cert, key, "", 100), service(), new Threads());
        try {
            Path newCert = directory.resolve("new-cert.pem");
            Path newKey = directory.resolve("new-key.pem");
            selfSigned(Files.createDirectory(directory.resolve("second")), newCert, newKey);
            assertThat(overTls(server, newCert)).isEqualTo(Status.Code.UNAVAILABLE);
            FileTime later = FileTime.fromMillis(Files.getLastModifiedTime(cert).toMillis() + 2_000);
            Files.setLastModifiedTime(Files.copy(newKey, key, StandardCopyOption.REPLACE_EXISTING), later);
            Files.setLastModifiedTime(Files.copy(newCert, cert, StandardCopyOption.REPLACE_EXISTING), later);
            await().until(() -> overTls(server, newCert) == Status.Code.UNIMPLEMENTED);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void with_an_authority_for_agents_only_those_with_a_certificate_are_heard(@TempDir Path directory)
            throws Exception {
        Path cert = directory.resolve("cert.pem");
        Path key = directory.resolve("key.pem");
        selfSigned(directory, cert, key);
        AgentServer server = AgentServer.start(options(cert, key, cert.toString(), 60_000), service(), new Threads());
        try {
            assertThat(overTls(server, cert)).isEqualTo(Status.Code.UNAVAILABLE);
            ManagedChannel known = NettyChannelBuilder.forAddress(
                            "127.0.0.1",
                            server.port(),
                            TlsChannelCredentials.newBuilder()
                                    .trustManager(cert.toFile())
                                    .keyManager(cert.toFile(), key.toFile())
                                    .build())
                    .build();
            assertThat(statusOf(known)).isEqualTo(Status.Code.UNIMPLEMENTED);
            known.shutdownNow();
        } finally {
            server.stop(0);
        }
    }

    @Test
    void a_certificate_that_names_a_node_is_good_for_that_node_alone() {
        String node = "nd_00000000000000000000000001";
        assertThat(PeerCertificate.allows(new X500Principal("CN=" + node + ",O=fleet"), node))
                .isTrue();
        assertThat(PeerCertificate.allows(new X500Principal("CN=nd_00000000000000000000000002"), node))
                .isFalse();
        assertThat(PeerCertificate.allows(new X500Principal("CN=machines of the fleet"), node))
                .isTrue();
    }

    @Test
    void a_connection_too_many_of_one_address_is_known_and_room_comes_back() {
        Connections connections = new Connections(1);
        Attributes from = Attributes.newBuilder()
                .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, new InetSocketAddress(InetAddress.getLoopbackAddress(), 1))
                .build();
        Attributes first = connections.transportReady(from);
        assertThat(Connections.isExcess(first)).isFalse();
        Attributes second = connections.transportReady(from);
        assertThat(Connections.isExcess(second)).isTrue();
        connections.transportTerminated(first);
        connections.transportTerminated(second);
        assertThat(Connections.isExcess(connections.transportReady(from))).isFalse();
    }

    @Test
    void a_connection_that_breaks_off_calls_without_end_is_ended() throws Exception {
        ServerServiceDefinition patient = new AgentIngressGrpc.AgentIngressImplBase() {
            @Override
            public StreamObserver<AgentMessage> connect(StreamObserver<GatewayMessage> answer) {
                return new Ignoring<>(new AtomicReference<>());
            }
        }.bindService();
        AgentServer server = AgentServer.start(
                new AgentServer.Options("127.0.0.1", 0, "", "", "", 1_000, 100, 10, 20, 65_536, 65_536, 0),
                patient,
                new Threads());
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        try {
            AtomicReference<Throwable> end = new AtomicReference<>();
            var unused = AgentIngressGrpc.newStub(channel).connect(new Ignoring<>(end));
            for (int i = 0; end.get() == null && i < 10_000; i++) {
                StreamObserver<AgentMessage> call =
                        AgentIngressGrpc.newStub(channel).connect(new Ignoring<>(new AtomicReference<>()));
                call.onNext(AgentMessage.getDefaultInstance());
                call.onError(Status.CANCELLED.asException());
            }
            await().until(() -> end.get() != null);
            assertThat(Status.fromThrowable(end.get()).getCode())
                    .isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.UNAVAILABLE);
        } finally {
            channel.shutdownNow();
            server.stop(0);
        }
    }

    private record Ignoring<T>(AtomicReference<Throwable> end) implements StreamObserver<T> {
        @Override
        public void onNext(T message) {}

        @Override
        public void onError(Throwable problem) {
            end.set(problem);
        }

        @Override
        public void onCompleted() {}
    }

    private static ServerServiceDefinition service() {
        return new AgentIngressGrpc.AgentIngressImplBase() {}.bindService();
    }

    private static AgentServer.Options options(Path cert, Path key, String clientCa, long reloadMillis) {
        return new AgentServer.Options(
                "127.0.0.1",
                0,
                cert.toString(),
                key.toString(),
                clientCa,
                reloadMillis,
                100,
                10,
                20,
                65_536,
                65_536,
                0);
    }

    private static Status.Code overTls(AgentServer server, Path authority) throws IOException {
        ManagedChannel channel = NettyChannelBuilder.forAddress(
                        "127.0.0.1",
                        server.port(),
                        TlsChannelCredentials.newBuilder()
                                .trustManager(authority.toFile())
                                .build())
                .build();
        try {
            return statusOf(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    private static Status.Code statusOf(ManagedChannel channel) {
        try {
            var unused = AgentIngressGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .join(JoinRequest.getDefaultInstance());
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    private static void selfSigned(Path directory, Path cert, Path key) throws Exception {
        Path store = directory.resolve("store.p12");
        Path tool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process keytool = new ProcessBuilder(
                        tool.toString(),
                        "-genkeypair",
                        "-alias",
                        "a",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=127.0.0.1",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        Files.writeString(cert, pem("CERTIFICATE", keys.getCertificate("a").getEncoded()));
        Key secret = keys.getKey("a", PASSWORD);
        Files.writeString(key, pem("PRIVATE KEY", secret.getEncoded()));
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + type + "-----\n";
    }
}
