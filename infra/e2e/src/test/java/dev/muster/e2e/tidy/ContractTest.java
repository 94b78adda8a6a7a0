package dev.muster.e2e.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Descriptors.FileDescriptor;
import dev.muster.proto.agent.v1.JournalEntry;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.GetHealthRequest;
import dev.muster.proto.records.v1.OutputRecord;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.TerminalHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Contracts grow. Everything that the files under {@code contract/} name must stay for ever, with the same number and
 * type. {@code mvn -pl infra/e2e -am test -Dtest=ContractTest -Dmuster.docs.write=true
 * -Dsurefire.failIfNoSpecifiedTests=false} adds what is new. It never removes a line: a person removes a line by hand,
 * with the reason in the commit.
 */
class ContractTest {
    private static final Path GOLDEN = Path.of("src", "test", "resources", "contract");

    @Test
    void fields_of_records_stores_and_calls_are_never_removed_or_renumbered() throws IOException {
        SortedSet<String> now = new TreeSet<>();
        for (FileDescriptor file : List.of(
                OutputRecord.getDescriptor().getFile(),
                OutputChunk.getDescriptor().getFile(),
                JournalEntry.getDescriptor().getFile(),
                GetHealthRequest.getDescriptor().getFile(),
                StoredNode.getDescriptor().getFile(),
                TerminalHead.getDescriptor().getFile())) {
            now.addAll(ContractLines.of(file));
        }
        onlyGrows("protobuf.txt", now);
    }

    @Test
    void calls_parameters_and_fields_of_http_are_never_removed() throws IOException {
        Path document = Path.of("..", "..", "fanout-gateway", "src", "main", "resources", "openapi.json");
        onlyGrows("http.txt", ContractLines.ofHttp(new ObjectMapper().readTree(document.toFile())));
    }

    @Test
    void frames_of_the_feed_and_their_fields_are_never_removed() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "protocol.md"));
        onlyGrows("feed.txt", ContractLines.ofFeed(page, new ObjectMapper()));
    }

    private static void onlyGrows(String name, SortedSet<String> now) throws IOException {
        Path file = GOLDEN.resolve(name);
        SortedSet<String> golden = Files.exists(file) ? new TreeSet<>(Files.readAllLines(file)) : new TreeSet<>();
        SortedSet<String> removed = new TreeSet<>(golden);
        removed.removeAll(now);
        assertThat(removed)
                .as("removed, renumbered or of another type, which breaks old agents, stored values or clients")
                .isEmpty();
        if (Boolean.getBoolean("muster.docs.write")) {
            golden.addAll(now);
            Files.write(file, golden);
        }
        assertThat(now)
                .as("new; write it into %s with -Dmuster.docs.write=true", name)
                .isSubsetOf(golden);
    }
}
