package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.agent.Agent;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random input for every port. The product must answer each input with a code, must not end or hang, and must not print
 * a line for each input.
 *
 * <p>{@code -Dmuster.fuzz.inputs=10000} sets the number of inputs for each port. {@code -Dmuster.fuzz.seed=1} gives
 * similar inputs again. No demo node exists while the inputs are sent: a random command must never reach a shell.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FuzzTest {
    private static final int INPUTS = Integer.getInteger("muster.fuzz.inputs", 300);
    private static final long SEED = Long.getLong("muster.fuzz.seed", System.nanoTime());

    @TempDir
    static Path dir;

    private final List<String> known = FuzzedText.ids();
    private Product product;
    private LocalAddress address;
    private FuzzedText texts;
    private long linesBefore;

    @BeforeAll
    void start() throws Exception {
        System.out.println("fuzz: seed " + SEED + ", " + INPUTS + " inputs for each port");
        product = Product.start(dir.resolve("data"), 0, "-Xmx512m");
        address =
                LocalAddress.read(new DataDir(product.dataDir()).addressFile()).orElseThrow();
        texts = new FuzzedText(new Random(SEED), known);
        Api api = product.as("mallory", List.of("ops"), false);
        for (int i = 0; i < 4; i++) {
            JsonNode created = api.post("/api/v1/nodes", "{\"name\":\"fuzz-" + i + "\",\"groups\":[\"ops\"]}")
                    .json();
            String node = created.get("node").get("nodeId").asText();
            known.add(node);
            known.add(created.get("invite").get("token").asText());
            known.add(api.start(node, "true"));
        }
        linesBefore = standardError().size();
    }

    @AfterAll
    void stop() {
        product.close();
    }

    @Test
    @Order(1)
    void http() throws Exception {
        HttpFuzz fuzz = new HttpFuzz(product, texts, known);
        fuzz.run(INPUTS, SEED);
        assertThat(fuzz.faults()).isEmpty();
        stillWell();
    }

    @Test
    @Order(2)
    void web_socket() throws Exception {
        FeedFuzz fuzz = new FeedFuzz(product, texts);
        fuzz.run(INPUTS, SEED);
        assertThat(fuzz.faults()).isEmpty();
        stillWell();
    }

    @Test
    @Order(3)
    void the_agents_port() throws Exception {
        Api api = product.as("mallory", List.of("ops"), false);
        JsonNode created = api.post("/api/v1/nodes", "{\"name\":\"hostile\",\"groups\":[\"ops\"]}")
                .json();
        known.add(created.get("node").get("nodeId").asText());
        try (AgentFuzz fuzz = new AgentFuzz(port(address.grpc()), texts)) {
            fuzz.join(created.get("invite").get("token").asText());
            fuzz.run(INPUTS, SEED);
            assertThat(fuzz.faults()).isEmpty();
        }
        stillWell();
    }

    @Test
    @Order(4)
    void the_query_port() throws Exception {
        try (QueryFuzz fuzz = QueryFuzz.of(ListeningPorts.of(product.handle()), texts)) {
            fuzz.run(INPUTS, SEED);
            assertThat(fuzz.faults()).isEmpty();
        }
        stillWell();
    }

    @Test
    @Order(5)
    void records_of_every_topic() throws Exception {
        TopicFuzz fuzz = new TopicFuzz(address.kafka(), texts, known);
        fuzz.run(INPUTS, SEED);
        // the broker itself refuses a few, such as a record without a key for a compacted topic
        assertThat(fuzz.refusals()).isLessThan(INPUTS);
        stillWell();
    }

    /** Reads, the live feed and a real agent's shell work; nothing was printed for each input. */
    private void stillWell() throws Exception {
        assertThat(product.handle().isAlive()).as("up goes on").isTrue();
        Api admin = product.admin();
        await("ready")
                .atMost(Api.LONG)
                .ignoreExceptions()
                .until(() -> admin.get("/readyz").status() == 200);
        String name = "well-" + System.nanoTime();
        JsonNode created =
                admin.post("/api/v1/nodes", "{\"name\":\"" + name + "\"}").json();
        String node = created.get("node").get("nodeId").asText();
        Path state = dir.resolve(name);
        try (Agent agent = Agent.start(AgentConfig.local(
                        state,
                        address.grpc(),
                        created.get("invite").get("token").asText()));
                Feed feed = Feed.open(admin)) {
            await().atMost(Api.LONG).until(() -> agent.connected().isDone());
            admin.online(name);
            String task = admin.start(node, "echo it goes on");
            feed.attach("well", node, task, "text");
            feed.await("the output", frame -> frame.toString().contains("it goes on"));
            assertThat(admin.ended(node, task).get("state").asText()).isEqualTo("SUCCEEDED");
            await().atMost(Api.LONG).until(() -> admin.history(node, task).contains("it goes on"));
            assertThat(new String(admin.raw(node, task), java.nio.charset.StandardCharsets.UTF_8))
                    .contains("it goes on");
        }
        admin.delete("/api/v1/nodes/" + node);
        List<String> printed = standardError();
        assertThat(printed.subList((int) linesBefore, printed.size()))
                .as("lines on standard error since the start")
                .hasSizeLessThan(50)
                .noneMatch(line -> line.contains("Exception in thread") || line.contains("OutOfMemory"));
    }

    private List<String> standardError() throws IOException {
        Path file = product.dataDir().resolveSibling(product.dataDir().getFileName() + ".log");
        return Files.readAllLines(file);
    }

    private static int port(String hostAndPort) {
        return Integer.parseInt(hostAndPort.substring(hostAndPort.lastIndexOf(':') + 1));
    }
}
