package dev.muster.registry.query;

import dev.muster.proto.query.v1.GetOutputIndexRequest;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import dev.muster.proto.query.v1.GetRepaintRequest;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.registry.terminal.read.ReadBudget;
import java.util.function.BiFunction;

/** Reads of the terminal app's stores. Each may throw a MusterException; none is called on a gRPC thread. */
public record TerminalReads(
        BiFunction<ReadHistoryRequest, ReadBudget, ReadHistoryResponse> history,
        BiFunction<GetRepaintRequest, ReadBudget, GetRepaintResponse> repaint,
        BiFunction<GetOutputIndexRequest, ReadBudget, GetOutputIndexResponse> outputIndex) {}
