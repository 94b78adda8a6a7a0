package dev.muster.bench.fanout;

/**
 * The message that other servers pass on unchanged: as long as Muster's frame, and with the sequence in the same place.
 */
final class Message {
    private Message() {}

    static String of(long sequence, int bytes) {
        String head = "{\"type\":\"node-removed\",\"version\":" + sequence + ",\"pad\":\"";
        return head + "x".repeat(Math.max(0, bytes - head.length() - 2)) + "\"}";
    }
}
