package dev.muster.bench.abuse;

/** What an agent may do wrong, on purpose or by mistake. */
enum Abuse {
    /** Prints without end and heeds no window; only HTTP/2 holds it back. */
    FLOOD("floods"),
    /** Prints on many terminals and never reads what is acknowledged. */
    DEAF("never reads its acknowledgements"),
    /** Random bytes on every call, and on the bare connection. */
    GARBAGE("sends garbage"),
    /** Ten thousand control streams at once. */
    STREAMS("opens 10,000 streams"),
    /** A heartbeat every millisecond. */
    HEARTBEATS("heartbeats every millisecond");

    private final String words;

    Abuse(String words) {
        this.words = words;
    }

    /** As in "one that ...". */
    String words() {
        return words;
    }
}
