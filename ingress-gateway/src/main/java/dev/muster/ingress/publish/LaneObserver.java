package dev.muster.ingress.publish;

/** Receives the events of a lane; must return at once. */
public interface LaneObserver {
    void stored(long bytes, long nanos);

    /** Not stored, or whether it is stored is unknown. */
    void failed(long bytes, String reason);

    void replaced();
}
