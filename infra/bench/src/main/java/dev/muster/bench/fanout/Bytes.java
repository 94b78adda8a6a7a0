package dev.muster.bench.fanout;

/** Looking into frames without parsing them. */
final class Bytes {
    private Bytes() {}

    /** Where something is from an index on; -1: nowhere. */
    static int indexOf(byte[] in, byte[] what, int from) {
        outer:
        for (int i = from; i <= in.length - what.length; i++) {
            for (int j = 0; j < what.length; j++) {
                if (in[i + j] != what[j]) {
                    continue outer;
                }
            }
            return i;
        }
        return -1;
    }

    /** The digits from an index on. */
    static long number(byte[] in, int from) {
        long number = 0;
        for (int i = from; i < in.length && in[i] >= '0' && in[i] <= '9'; i++) {
            number = number * 10 + in[i] - '0';
        }
        return number;
    }
}
