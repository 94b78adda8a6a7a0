package dev.muster.registry.terminal;

import com.google.protobuf.UnsafeByteOperations;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.query.v1.GetOutputIndexRequest;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import dev.muster.proto.query.v1.GetRepaintRequest;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.registry.terminal.history.LiveTerminals;
import dev.muster.registry.terminal.history.RawIndex;
import dev.muster.registry.terminal.history.TerminalReads;
import dev.muster.registry.terminal.history.TerminalView;
import dev.muster.registry.terminal.read.HistoryReader;
import dev.muster.registry.terminal.read.ReadBudget;
import dev.muster.registry.terminal.read.Views;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Reads terminals from the active store, on any thread, by point gets. Each call may take some milliseconds of disk, so
 * it must not run on a thread of gRPC.
 *
 * <p>A read of history that uses up its budget answers with what it has; other reads are then refused as unavailable.
 *
 * <p>All calls throw {@link MusterException}: NOT_FOUND for a missing terminal, UNAVAILABLE while the store is being
 * restored or elsewhere, INVALID for a senseless request.
 */
public final class TerminalQueries {
    private final Partitions partitions;
    private final IntFunction<ReadOnlyKeyValueStore<Bytes, byte[]>> stores;

    /** @param stores the active store of a partition; throws InvalidStateStoreException where there is none */
    public TerminalQueries(Partitions partitions, IntFunction<ReadOnlyKeyValueStore<Bytes, byte[]>> stores) {
        this.partitions = partitions;
        this.stores = stores;
    }

    public ReadHistoryResponse readHistory(ReadHistoryRequest request, ReadBudget budget) {
        checkNode(request.getNodeId());
        return with(request.getNodeId(), reads -> new HistoryReader(reads, budget).read(request));
    }

    public GetRepaintResponse getRepaint(GetRepaintRequest request, ReadBudget budget) {
        checkNode(request.getNodeId());
        return with(request.getNodeId(), reads -> {
            TerminalView view = found(
                    Views.read(reads, request.getNodeId(), request.getTerminalId(), budget), request.getTerminalId());
            GetRepaintResponse.Builder answer = GetRepaintResponse.newBuilder()
                    .setData(UnsafeByteOperations.unsafeWrap(
                            view.playback().engine().repaint()))
                    .setMark(view.position().toMark())
                    .setSize(view.playback().window())
                    .setFinal(view.finalLines())
                    .setNextLine(view.nextLine());
            if (view.head().hasExit()) {
                answer.setExit(view.head().getExit());
            }
            return answer.build();
        });
    }

    public GetOutputIndexResponse getOutputIndex(GetOutputIndexRequest request, ReadBudget budget) {
        String node = request.getNodeId();
        String terminal = request.getTerminalId();
        checkNode(node);
        return with(node, reads -> {
            TerminalView view = found(Views.read(reads, node, terminal, budget), terminal);
            TerminalHead head = view.head();
            GetOutputIndexResponse.Builder answer = GetOutputIndexResponse.newBuilder()
                    .setTopicId(head.getTopicId())
                    .setPartition(head.getPartition())
                    .setStartOffset(RawIndex.startOffset(reads, head, node, terminal, request.getFrom()))
                    .setFirstOffset(head.getFirstOffset())
                    .setLastOffset(view.lastOffset())
                    .setMark(view.position().toMark())
                    .setStartedAtMillis(head.getStartedAtMillis())
                    .setStartedAtLogMillis(head.getStartedAtLogMillis());
            if (head.hasExit()) {
                answer.setExit(head.getExit());
            }
            return answer.build();
        });
    }

    private static void checkNode(String node) {
        if (!LiveTerminals.isId(node)) {
            throw new MusterException(ErrorCode.INVALID, "node_id: not an id");
        }
    }

    private static TerminalView found(@Nullable TerminalView view, String terminal) {
        if (view == null) {
            throw new MusterException(ErrorCode.NOT_FOUND, "no output of terminal " + terminal);
        }
        return view;
    }

    private <T> T with(String node, Function<TerminalReads, T> query) {
        try {
            ReadOnlyKeyValueStore<Bytes, byte[]> store = stores.apply(partitions.ofNode(node));
            return query.apply(new TerminalReads(store::get));
        } catch (InvalidStateStoreException e) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "the history is being restored or has moved", e);
        } catch (ReadBudget.SpentException e) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "there was no time to read the terminal", e);
        }
    }
}
