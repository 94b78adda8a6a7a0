package dev.muster.bench.terminal;

import java.io.IOException;

/** Something that turns a corpus of terminal bytes into text. */
interface Contender extends AutoCloseable {

    String name();

    /** Processes a whole corpus in pieces of {@code chunkBytes}; returns the CPU time it took in nanoseconds. */
    long run(NamedCorpus corpus, int chunkBytes) throws IOException;

    @Override
    default void close() {}
}
