package dev.muster.fanout.live.frames;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.json.Json;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class FailuresTest {
    @Test
    void what_is_published_stays_and_what_is_not_is_a_fault_of_ours_that_tells_nothing() throws IOException {
        MusterException known = new MusterException(ErrorCode.NOT_FOUND, "There is no such node.");
        assertThat(Failures.of(known)).isSameAs(known);
        assertThat(Failures.of(new CompletionException(known))).isSameAs(known);

        IllegalStateException fault = new IllegalStateException("of no concern to a client");
        MusterException ours = Failures.of(new CompletionException(fault));
        assertThat(ours).hasCause(fault);
        assertThat(ours.code()).isEqualTo(ErrorCode.INTERNAL);
        JsonNode frame = Json.MAPPER.readTree(Failures.frame("a", ours, "e1").array());
        assertThat(frame.path("ref").asText()).isEqualTo("a");
        assertThat(frame.path("problem").path("errorId").asText()).isEqualTo("e1");
        assertThat(frame.toString()).doesNotContain("of no concern");
    }
}
