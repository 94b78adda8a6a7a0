package dev.muster.bench.fanout;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The servers beside Muster. Each passes on one channel's messages and knows nothing about users; its cost is a lower
 * bound for a server that does.
 */
final class OtherPeer implements Peer {
    private static final String WS_VERSION = "8.23.0";

    /** How a message is handed to the server. */
    private interface Encoder {
        byte[] encode(String message);
    }

    private final String name;
    private final String guarantee;
    private final ServerProcess server;
    private final int port;
    private final String path;
    private final String headers;
    private final List<String> greeting;
    private final String ready;
    private final int messageBytes;
    private final Socket publisher;
    private final OutputStream out;
    private final Encoder encoder;

    private OtherPeer(
            String name,
            String guarantee,
            ServerProcess server,
            int port,
            int publishPort,
            String path,
            String headers,
            List<String> greeting,
            String ready,
            int messageBytes,
            String hello,
            Encoder encoder)
            throws IOException {
        this.name = name;
        this.guarantee = guarantee;
        this.server = server;
        this.port = port;
        this.path = path;
        this.headers = headers;
        this.greeting = greeting;
        this.ready = ready;
        this.messageBytes = messageBytes;
        this.encoder = encoder;
        publisher = ServerProcess.connect(publishPort);
        publisher.setTcpNoDelay(true);
        out = publisher.getOutputStream();
        out.write(hello.getBytes(StandardCharsets.US_ASCII));
        InputStream in = publisher.getInputStream();
        Thread drain = new Thread(
                () -> {
                    try {
                        in.transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        // the server ended
                    }
                },
                "publisher-" + name);
        drain.setDaemon(true);
        drain.start();
    }

    /** The package {@code ws} from npm, in a directory of its own. */
    static Peer ws(Path dir, int messageBytes) throws IOException, InterruptedException {
        Files.createDirectories(dir);
        ServerProcess.run(dir, "npm", "install", "--silent", "--no-audit", "--no-fund", "ws@" + WS_VERSION);
        String script;
        try (InputStream in = OtherPeer.class.getResourceAsStream("ws-server.js")) {
            if (in == null) {
                throw new IllegalStateException("ws-server.js is missing");
            }
            script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        int[] port = new int[1];
        ServerProcess server = ServerProcess.saying(List.of("node", "-e", script), port, dir);
        String upgrade = String.join(
                "\r\n",
                "GET /pub HTTP/1.1",
                "Host: x",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "",
                "");
        return new OtherPeer(
                "ws",
                "order while connected; no replay, no bound for a slow reader",
                server,
                port[0],
                port[0],
                "/",
                "",
                List.of(),
                "",
                messageBytes,
                upgrade,
                message -> WsFrames.client(WsFrames.TEXT, message.getBytes(StandardCharsets.US_ASCII)));
    }

    /**
     * nginx with nchan from the distribution's packages, unpacked, not installed. The module needs one directory of the
     * system, which is removed again if it did not exist.
     */
    static Peer nchan(Path dir, int messageBytes) throws IOException, InterruptedException {
        Files.createDirectories(dir);
        Path needed = Path.of("/var/lib/nginx");
        boolean made = !Files.exists(needed);
        Files.createDirectories(needed);
        ServerProcess.unpack(dir, "nginx");
        ServerProcess.unpack(dir, "libnginx-mod-nchan");
        int port = ServerProcess.freePort();
        Path config = dir.resolve("nginx.conf");
        Files.writeString(
                config, """
                load_module %1$s/usr/lib/nginx/modules/ngx_nchan_module.so;
                daemon off; worker_processes 1; pid %1$s/pid; error_log /dev/null;
                %3$s
                events { worker_connections 20000; }
                http {
                  access_log off; client_body_temp_path %1$s/a; proxy_temp_path %1$s/b; fastcgi_temp_path %1$s/c;
                  uwsgi_temp_path %1$s/d; scgi_temp_path %1$s/e; keepalive_requests 100000000; keepalive_timeout 1h; client_header_timeout 1h;
                  server {
                    listen 127.0.0.1:%2$d;
                    location /sub { nchan_subscriber websocket; nchan_channel_id bench; }
                    location /pub { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 100; nchan_message_timeout 60s; }
                  }
                }
                """.formatted(dir, port, "root".equals(System.getProperty("user.name")) ? "user root;" : ""));
        ServerProcess server = ServerProcess.start(
                List.of(dir.resolve("usr/sbin/nginx").toString(), "-c", config.toString(), "-p", dir.toString()));
        server.afterwards(() -> {
            if (made) {
                Trees.delete(needed);
            }
        });
        return new OtherPeer(
                "nchan",
                "order per channel; a buffer of 100 messages in memory",
                server,
                port,
                port,
                "/sub",
                "",
                List.of(),
                "",
                messageBytes,
                "",
                message -> ("POST /pub HTTP/1.1\r\nHost: x\r\nContent-Length: " + message.length() + "\r\n\r\n"
                                + message)
                        .getBytes(StandardCharsets.US_ASCII));
    }

    /** nats-server from the distribution's packages, unpacked, not installed. */
    static Peer nats(Path dir, int messageBytes) throws IOException, InterruptedException {
        Files.createDirectories(dir);
        ServerProcess.unpack(dir, "nats-server");
        int port = ServerProcess.freePort();
        int webSocket = ServerProcess.freePort();
        Path config = dir.resolve("nats.conf");
        Files.writeString(
                config,
                "listen: \"127.0.0.1:%d\"\nmax_connections: 100000\nwebsocket { listen: \"127.0.0.1:%d\", no_tls: true }\n"
                        .formatted(port, webSocket));
        ServerProcess server =
                ServerProcess.start(List.of(dir.resolve("usr/sbin/nats-server").toString(), "-c", config.toString()));
        return new OtherPeer(
                "nats",
                "at most once; a slow reader is cut at its deadline of 10 s",
                server,
                webSocket,
                port,
                "/",
                "",
                List.of("CONNECT {\"verbose\":false}\r\nSUB bench 1\r\nPING\r\n"),
                "PONG",
                messageBytes,
                "CONNECT {\"verbose\":false}\r\n",
                message -> ("PUB bench " + message.length() + "\r\n" + message + "\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String guarantee() {
        return guarantee;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public List<Long> pids() {
        return server.pids();
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public String headers() {
        return headers;
    }

    @Override
    public List<String> greeting(@Nullable String resume) {
        return greeting;
    }

    @Override
    public String ready() {
        return ready;
    }

    @Override
    public void publish(long sequence) throws IOException {
        out.write(encoder.encode(Message.of(sequence, messageBytes)));
        out.flush();
    }

    @Override
    public void close() {
        try {
            publisher.close();
        } catch (IOException e) {
            // closed by the server
        }
        server.close();
    }
}
