package dev.muster.fanout.api;

import dev.muster.proto.records.v1.CreateNode;
import java.util.List;

/**
 * The nodes that one request asks for.
 *
 * @param many whether they came as a list, which is answered with a result for each
 */
record NewNodes(boolean many, List<CreateNode> nodes) {
    NewNodes {
        nodes = List.copyOf(nodes);
    }
}
