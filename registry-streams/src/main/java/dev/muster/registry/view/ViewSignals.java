package dev.muster.registry.view;

/** Told of every change that the view store shows from now on. Must not block: it runs on the stream thread. */
public interface ViewSignals {
    void shown(String audience, String nodeId, long version);
}
