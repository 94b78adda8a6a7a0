package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.fanout.FanoutConfig;
import dev.muster.ingress.IngressConfig;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.kit.settings.Setting;
import dev.muster.local.broker.BrokerService;
import dev.muster.registry.RegistryConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The tables of settings and errors and the page about topics are made from the code, the page about HTTP from its
 * OpenAPI document. To write them again: {@code mvn -pl infra/e2e test -Dtest=DocsTest -Dmuster.docs.write=true}.
 */
class DocsTest {
    private static final Path DOCS = Path.of("..", "docs");

    @Test
    void the_table_of_settings_is_what_the_code_says() throws IOException {
        StringBuilder page = new StringBuilder("""
                # Settings

                Environment variables, read once at start; mistakes are reported all together. Made from the code.
                Any property of Kafka's clients can be set as `MUSTER_KAFKA_<PROPERTY>`, such as `MUSTER_KAFKA_SECURITY_PROTOCOL=SSL`.
                """);
        section(page, "Kafka, for every service", KafkaSettings.SETTINGS);
        section(page, "Broker (`infra/muster service broker`)", BrokerService.SETTINGS);
        section(page, "Ingress gateway (`infra/muster service ingress`)", own(IngressConfig.SETTINGS));
        section(page, "Registry (`infra/muster service registry`)", own(RegistryConfig.SETTINGS));
        section(page, "Fan-out gateway (`infra/muster service fanout`)", own(FanoutConfig.SETTINGS));
        fresh("settings.md", page.toString());
    }

    @Test
    void the_table_of_errors_is_what_the_code_says() throws IOException {
        StringBuilder page = new StringBuilder("""
                # Errors

                Made from the code. HTTP answers with `application/problem+json`: `type`, `title`, `status`, `detail`, `code`, `errorId`; the WebSocket's `error` frames carry the
                same as `problem`; gRPC has the code in the trailer `muster-code` and the id in `muster-error-id`. The id of a 5xx is in the log beside the stack trace.

                | code | status | retry | when | what to do |
                |---|---|---|---|---|
                """);
        for (ErrorCode code : ErrorCode.values()) {
            page.append("| `%s` | %d | %s | %s | %s |\n"
                    .formatted(
                            code.code(), code.status(), code.retryable() ? "yes" : "no", code.when(), code.advice()));
        }
        page.append("""

                ## Close codes of the WebSocket

                | code | name | connect again by itself | when |
                |---|---|---|---|
                """);
        for (CloseCode code : CloseCode.values()) {
            page.append("| %d | %s | %s | %s |\n"
                    .formatted(code.code(), code.name(), code.reconnect() ? "yes" : "no", code.when()));
        }
        fresh("errors.md", page.toString());
    }

    @Test
    void the_page_about_http_is_what_the_openapi_document_says() throws IOException {
        Path document = Path.of("..", "..", "fanout-gateway", "src", "main", "resources", "openapi.json");
        fresh("http.md", new HttpPage(new ObjectMapper().readTree(document.toFile())).render());
    }

    @Test
    void the_page_about_the_topics_is_what_the_table_of_topics_says() throws IOException {
        fresh("topics.md", TopicsPage.render());
    }

    @Test
    void the_asyncapi_document_is_what_the_table_of_topics_says() throws IOException {
        write(Path.of("..", "..", "fanout-gateway", "src", "main", "resources", "asyncapi.json"), AsyncApi.render());
    }

    private static List<Setting> own(List<Setting> settings) {
        return settings.stream()
                .filter(setting -> !KafkaSettings.SETTINGS.contains(setting))
                .toList();
    }

    private static void section(StringBuilder page, String title, List<Setting> settings) {
        page.append("\n## ")
                .append(title)
                .append("\n\n| variable | default | range | what it is |\n|---|---|---|---|\n");
        for (Setting setting : settings) {
            String range = setting.min() == setting.max() ? "" : setting.min() + " to " + setting.max();
            String value = setting.defaultValue().isEmpty() ? "" : "`" + setting.defaultValue() + "`";
            page.append("| `%s` | %s | %s | %s |\n".formatted(setting.name(), value, range, setting.doc()));
        }
    }

    private static void fresh(String name, String page) throws IOException {
        write(DOCS.resolve(name), Prose.wrapped(page));
    }

    private static void write(Path file, String expected) throws IOException {
        if (Boolean.getBoolean("muster.docs.write")) {
            Files.writeString(file, expected);
        }
        assertThat(file).content().isEqualTo(expected);
    }
}
