package dev.muster.bench.terminal;

import java.nio.file.Path;

/** Terminal bytes with a name, also in a file for contenders that are processes of their own. */
@SuppressWarnings("ArrayRecordComponent") // read by everyone, compared by no one
record NamedCorpus(String name, byte[] bytes, Path file) {}
