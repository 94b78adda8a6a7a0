package dev.muster.registry.view;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Parsed;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.registry.streams.Unreadable;
import dev.muster.registry.view.ViewStore.Position;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Folds one partition of muster.views into the view store. Only committed records are read: everything that a query
 * finds there was sent to every viewer of its audience.
 */
public final class ViewFold implements Consumer<Record<String, Parsed<Message>>> {
    private final ProcessorContext<Void, Void> context;
    private final KeyValueStore<String, byte[]> store;
    private final ViewSignals signals;
    private final int removalsMax;
    private final Deque<String> removals = new ArrayDeque<>();
    private final long incarnation;

    /** @param removalsMax removals remembered, so that a request that waits for a removal learns about it */
    public ViewFold(ProcessorContext<Void, Void> context, ViewSignals signals, int removalsMax) {
        this.context = context;
        this.store = context.getStateStore(ViewStore.NAME);
        this.signals = signals;
        this.removalsMax = removalsMax;
        byte[] before = store.get(ViewStore.POSITION);
        Position position = before == null ? new Position(0, 0) : Position.from(before);
        incarnation = position.incarnation() + 1;
        store.put(ViewStore.POSITION, new Position(incarnation, position.offset()).bytes());
        takeUp();
    }

    @Override
    public void accept(Record<String, Parsed<Message>> record) {
        RecordMetadata source = context.recordMetadata().orElseThrow();
        Parsed<Message> parsed = record.value();
        if (parsed != null && parsed.message() instanceof ViewRecord view) {
            fold(view);
            moved(source);
            signals.shown(view.getAudience(), view.getNodeId(), view.getViewVersion());
        } else if (parsed == null) {
            moved(source);
        } else {
            // we alone write this topic, so this is not one of ours; the position still has to pass it
            moved(source);
            throw new Unreadable("not-a-protobuf");
        }
    }

    private void fold(ViewRecord view) {
        String key = ViewStore.key(view.getAudience(), view.getNodeId());
        switch (view.getChangeCase()) {
            case NODE -> put(view.getAudience(), key, ViewEntry.of(view.getNode()));
            case REMOVED -> {
                put(view.getAudience(), key, ViewEntry.removed(view.getViewVersion()));
                remember(key);
            }
            case TASK -> {
                byte[] entry = store.get(key);
                if (entry != null) {
                    store.put(
                            key, ViewEntry.from(entry).at(view.getViewVersion()).bytes());
                }
            }
            case CHANGE_NOT_SET -> {
                // a change of a newer release
            }
        }
    }

    private void put(String audience, String key, ViewEntry entry) {
        byte[] before = store.get(key);
        store.put(key, entry.bytes());
        ViewEntry old = before == null ? ViewEntry.removed(0) : ViewEntry.from(before);
        if (old.isRemoved() ? entry.isRemoved() : !entry.isRemoved() && old.status() == entry.status()) {
            return;
        }
        ViewCounts counts = counts(audience);
        if (!old.isRemoved()) {
            counts.add(old.status(), -1);
        }
        if (!entry.isRemoved()) {
            counts.add(entry.status(), 1);
        }
        writeCounts(audience, counts);
    }

    private ViewCounts counts(String audience) {
        return ViewCounts.from(store.get(ViewStore.countsKey(audience)));
    }

    private void writeCounts(String audience, ViewCounts counts) {
        store.put(ViewStore.countsKey(audience), counts.isEmpty() ? null : counts.bytes());
    }

    private void moved(RecordMetadata source) {
        store.put(ViewStore.POSITION, new Position(incarnation, source.offset() + 1).bytes());
    }

    private void remember(String key) {
        removals.addLast(key);
        if (removals.size() > removalsMax) {
            String oldest = removals.removeFirst();
            byte[] entry = store.get(oldest);
            if (entry != null && ViewEntry.from(entry).isRemoved()) {
                store.delete(oldest);
            }
        }
    }

    /** Looks at every entry once: removals to remember, and counts, which an older release did not keep. */
    private void takeUp() {
        Map<String, ViewCounts> counted = new HashMap<>();
        Set<String> audiences = new HashSet<>();
        try (KeyValueIterator<String, byte[]> all = store.all()) {
            all.forEachRemaining(stored -> {
                if (!ViewStore.isView(stored.key)) {
                    return;
                }
                ViewEntry entry = ViewEntry.from(stored.value);
                audiences.add(ViewStore.audienceOf(stored.key));
                if (entry.isRemoved()) {
                    removals.addLast(stored.key);
                } else {
                    counted.computeIfAbsent(ViewStore.audienceOf(stored.key), audience -> new ViewCounts())
                            .add(entry.status(), 1);
                }
            });
        }
        for (String audience : audiences) {
            ViewCounts counts = counted.getOrDefault(audience, new ViewCounts());
            if (!Arrays.equals(counts.bytes(), counts(audience).bytes())) {
                writeCounts(audience, counts);
            }
        }
    }
}
