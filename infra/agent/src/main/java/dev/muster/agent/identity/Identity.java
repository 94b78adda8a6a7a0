package dev.muster.agent.identity;

/**
 * The permanent data of a node that has joined.
 *
 * @param credential secret; sent to gateways only
 * @param instanceId tells this state directory from a copy of it elsewhere or a new one
 */
public record Identity(String nodeId, String name, String credential, String gateway, String instanceId) {
    @Override
    public String toString() {
        return "Identity[nodeId=" + nodeId + ", name=" + name + ", gateway=" + gateway + "]";
    }
}
