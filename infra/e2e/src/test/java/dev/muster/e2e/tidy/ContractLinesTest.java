package dev.muster.e2e.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client may send can become more, and never less. */
class ContractLinesTest {
    private static final String DOCUMENT = """
            {"paths":{"/things":{"post":{
              "parameters":[
                {"name":"status","in":"query","schema":{"type":"array","items":{"type":"string","enum":["ON","OFF"]}}},
                {"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":10000}},
                {"name":"q","in":"query","required":false,"schema":{"type":"string"}}],
              "requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/New"}}}},
              "responses":{"204":{}}}}},
             "components":{"schemas":{"New":{"type":"object","required":["name"],"properties":{
               "name":{"type":"string","maxLength":64},"size":{"type":"integer"},"kind":{"enum":["a","b"]}}}}}}
            """;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '!', textBlock = """
            "ON","OFF"                           | "ON"
            "maximum":10000                      | "maximum":10
            "minimum":1                          | "minimum":2
            "required":false                     | "required":true
            {"type":"string"}}]                  | {"type":"string","maxLength":5}}]
            "required":["name"]                  | "required":["name","size"]
            "maxLength":64                       | "maxLength":32
            "size":{"type":"integer"}            | "size":{"type":"integer","maximum":9}
            "enum":["a","b"]                     | "enum":["a"]
            """)
    void what_is_narrower_removes_a_line(String before, String after) throws IOException {
        assertThat(DOCUMENT).contains(before);

        SortedSet<String> removed = new TreeSet<>(lines(DOCUMENT));
        removed.removeAll(lines(DOCUMENT.replace(before, after)));

        assertThat(removed).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '!', textBlock = """
            "ON","OFF"                           | "ON","OFF","SOME"
            "required":["name"]                  | "required":[]
            "kind":                              | "sort":{"type":"string"},"kind":
            """)
    void what_is_wider_only_adds_lines(String before, String after) throws IOException {
        assertThat(lines(DOCUMENT.replace(before, after))).containsAll(lines(DOCUMENT));
    }

    private static SortedSet<String> lines(String document) throws IOException {
        return ContractLines.ofHttp(new ObjectMapper().readTree(document));
    }
}
