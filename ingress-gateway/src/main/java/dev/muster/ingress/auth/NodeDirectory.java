package dev.muster.ingress.auth;

import dev.muster.proto.records.v1.NodeRecord;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which credentials are valid, according to the topic of node records. Written by one thread, read by all.
 *
 * <pre>
 *                      credential older        same generation    newer
 * record, enabled      REVOKED                 WELCOME            BEHIND
 * record, disabled     REVOKED                 DISABLED           BEHIND
 * record, deleted      DELETED                 DELETED            DELETED
 * no record            ABSENT                  ABSENT             ABSENT
 * </pre>
 *
 * BEHIND and ABSENT may be temporary. A credential is only made after the registry wrote the record, so this table has
 * not read the record yet, or the node was deleted so long ago that no record of it is left.
 */
public final class NodeDirectory {
    private static final Entry DELETED = new Entry(-1, false);

    private final Map<String, Entry> nodes = new ConcurrentHashMap<>();
    private final Consumer<String> onChange;

    private record Entry(long generation, boolean enabled) {}

    /** Whether a node may be connected. */
    public enum Standing {
        WELCOME,
        REVOKED,
        DISABLED,
        DELETED,
        BEHIND,
        ABSENT
    }

    /** @param onChange told the id of a node whose standing may have changed; must return at once */
    public NodeDirectory(Consumer<String> onChange) {
        this.onChange = onChange;
    }

    /** A record of the topic, or null where the node was deleted. */
    public void apply(String nodeId, @Nullable NodeRecord node) {
        Entry entry = node == null || node.getDeleted()
                ? DELETED
                : new Entry(node.getCredentialGeneration(), node.getEnabled());
        if (!entry.equals(nodes.put(nodeId, entry))) {
            onChange.accept(nodeId);
        }
    }

    public Standing standing(Credentials.Claim claim) {
        Entry entry = nodes.get(claim.nodeId());
        if (entry == null) {
            return Standing.ABSENT;
        }
        if (entry.equals(DELETED)) {
            return Standing.DELETED;
        }
        if (claim.generation() != entry.generation()) {
            return claim.generation() < entry.generation() ? Standing.REVOKED : Standing.BEHIND;
        }
        return entry.enabled() ? Standing.WELCOME : Standing.DISABLED;
    }

    public int size() {
        return nodes.size();
    }
}
