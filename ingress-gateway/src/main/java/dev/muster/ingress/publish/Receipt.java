package dev.muster.ingress.publish;

/** Told once what became of a record, on a thread of the lane or of its producer: it must only hand over to another thread. */
public interface Receipt {
    /** For records whose loss nobody but a counter notices. */
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

    /** The producer has copied the value, and nobody here uses the array any more. Told on the thread that sends, before or after what became of the record. */
    default void copied(byte[] value) {}

    /** Asked before the record is handed to the producer; a record that nobody wants any more counts as failed. */
    default boolean isWanted() {
        return true;
    }
}
