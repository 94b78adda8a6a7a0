package dev.muster.bench.load;

/** A node that was made for the benchmark, and the credential with which it connects. */
public record SimNode(String nodeId, String credential) {
    @Override
    public String toString() {
        return nodeId;
    }
}
