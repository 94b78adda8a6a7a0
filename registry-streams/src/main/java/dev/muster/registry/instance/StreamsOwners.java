package dev.muster.registry.instance;

import dev.muster.registry.streams.OnePartition;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyQueryMetadata;
import org.apache.kafka.streams.LagInfo;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.state.HostInfo;

/** Owners as the streams apps of this process know them from the last rebalance. */
public final class StreamsOwners implements Owners {
    private final String self;
    private final Map<Part, Source> sources;

    /** An app and the one of its stores by which a part is found. */
    public record Source(KafkaStreams streams, String store) {}

    /** @param self {@code application.server} of both apps */
    public StreamsOwners(String self, Map<Part, Source> sources) {
        this.self = self;
        this.sources = new EnumMap<>(sources);
    }

    @Override
    public Place active(Part part, int partition) {
        return metadata(part, partition).map(known -> place(known.activeHost())).orElse(Place.MOVING);
    }

    @Override
    public List<Place> standbys(Part part, int partition) {
        return metadata(part, partition)
                .map(known -> known.standbyHosts().stream().map(this::place).toList())
                .orElse(List.of());
    }

    @Override
    public long lag(Part part, int partition) {
        Source source = source(part);
        Map<Integer, LagInfo> lags =
                source.streams().allLocalStorePartitionLags().getOrDefault(source.store(), Map.of());
        LagInfo lag = lags.get(partition);
        return lag == null ? 0 : lag.offsetLag();
    }

    private Optional<KeyQueryMetadata> metadata(Part part, int partition) {
        Source source = source(part);
        // the partition is known already: no key is hashed
        OnePartition<?> known = new OnePartition<>(key -> partition);
        try {
            KeyQueryMetadata metadata = source.streams().queryMetadataForKey(source.store(), "", known);
            return KeyQueryMetadata.NOT_AVAILABLE.equals(metadata) ? Optional.empty() : Optional.ofNullable(metadata);
        } catch (StreamsException | IllegalStateException e) {
            // not started yet, stopping, or no assignment so far: to the one who asks it is all the same
            return Optional.empty();
        }
    }

    private Source source(Part part) {
        Source source = sources.get(part);
        if (source == null) {
            throw new IllegalStateException("no app for " + part);
        }
        return source;
    }

    private Place place(HostInfo host) {
        if (host.equals(HostInfo.unavailable())) {
            return Place.MOVING;
        }
        String address = host.host() + ":" + host.port();
        return address.equals(self) ? Place.HERE : Place.at(address);
    }
}
