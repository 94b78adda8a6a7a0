package dev.muster.ingress.publish;

/**
 * Told once about the outcome of a record, on a thread of the lane or of its producer: it must only hand over to
 * another thread.
 */
public interface Receipt {
    /** For records whose loss only a counter notices. */
    Receipt NONE = new Receipt() {
        @Override
        public void stored(long offset) {}

        @Override
        public void failed(boolean permanently) {}
    };

    /**
     * The broker holds the record.
     *
     * @param offset its place in its partition; negative where the broker did not say
     */
    void stored(long offset);

    /**
     * The broker may or may not hold it.
     *
     * @param permanently the same bytes can never be stored
     */
    void failed(boolean permanently);

    /**
     * The producer has copied the value, and the array is no longer used here. Called on the sending thread, before or
     * after the outcome of the record is reported.
     */
    default void copied(byte[] value) {}

    /** Asked before the record is passed to the producer. A record that is no longer wanted counts as failed. */
    default boolean isWanted() {
        return true;
    }
}
