package dev.muster.registry.terminal;

import dev.muster.proto.query.v1.GetOutputIndexRequest;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import dev.muster.proto.query.v1.GetRepaintRequest;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.registry.terminal.read.ReadBudget;

/** Reads terminals without a bound on what it costs. */
record TerminalReader(TerminalQueries queries) {
    ReadHistoryResponse readHistory(ReadHistoryRequest request) {
        return queries.readHistory(request, ReadBudget.unlimited());
    }

    GetRepaintResponse getRepaint(GetRepaintRequest request) {
        return queries.getRepaint(request, ReadBudget.unlimited());
    }

    GetOutputIndexResponse getOutputIndex(GetOutputIndexRequest request) {
        return queries.getOutputIndex(request, ReadBudget.unlimited());
    }
}
