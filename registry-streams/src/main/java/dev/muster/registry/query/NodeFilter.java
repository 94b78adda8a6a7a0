package dev.muster.registry.query;

import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import java.util.Locale;
import java.util.Map;

/** All conditions of a list but the status. */
final class NodeFilter {
    private final Map<String, String> labels;
    private final String text;

    NodeFilter(ListNodesRequest request) {
        labels = request.getLabelsMap();
        text = request.getText().toLowerCase(Locale.ROOT);
    }

    /** Whether it holds for every node, so that none has to be parsed for it. */
    boolean isOpen() {
        return labels.isEmpty() && text.isEmpty();
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
