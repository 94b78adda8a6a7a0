package dev.muster.ingress.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.JoinRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
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
                new AgentServer.Options("127.0.0.1", 0, cert.toString(), key.toString(), 10, 65_536, 65_536),
                new AgentIngressGrpc.AgentIngressImplBase() {}.bindService());
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
                        new AgentServer.Options("127.0.0.1", 0, file.toString(), file.toString(), 10, 65_536, 65_536),
                        new AgentIngressGrpc.AgentIngressImplBase() {}.bindService()))
                .isInstanceOf(IOException.class);
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
