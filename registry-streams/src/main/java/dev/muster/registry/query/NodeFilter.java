package dev.muster.registry.query;

import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.registry.view.ViewEntry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** All conditions of a list but the status. */
final class NodeFilter {
    private final Map<String, String> labels;
    private final String text;
    private final List<byte[]> values;
    private final byte[] letters;

    NodeFilter(ListNodesRequest request) {
        labels = request.getLabelsMap();
        text = request.getText().toLowerCase(Locale.ROOT);
        values = labels.values().stream()
                .map(value -> value.getBytes(StandardCharsets.UTF_8))
                .toList();
        // other letters than these change with their case in ways of their own
        letters =
                text.chars().allMatch(letter -> letter < 128) ? text.getBytes(StandardCharsets.US_ASCII) : new byte[0];
    }

    /** Whether it holds for every node, so that none has to be parsed for it. */
    boolean isOpen() {
        return labels.isEmpty() && text.isEmpty();
    }

    /** Whether it could match: what does not even hold the letters need not be parsed. */
    boolean mayMatch(ViewEntry entry) {
        return values.stream().allMatch(entry::contains)
                && (letters.length == 0 || entry.containsIgnoringCase(letters));
    }

    boolean matches(NodeView view) {
        NodeRecord node = view.getNode();
        return labels.entrySet().stream()
                        .allMatch(label ->
                                label.getValue().equals(node.getLabelsMap().get(label.getKey())))
                && (contains(node.getName())
                        || contains(node.getNodeId())
                        || contains(view.getState().getHost().getHostname()));
    }

    private boolean contains(String value) {
        return text.isEmpty() || value.toLowerCase(Locale.ROOT).contains(text);
    }
}
