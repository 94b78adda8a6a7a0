package dev.muster.bench.terminal;

import java.nio.file.Path;

/** Terminal bytes with a name, also in a file for contenders that are processes of their own. */
@SuppressWarnings("ArrayRecordComponent") // read everywhere, never compared
record NamedCorpus(String name, byte[] bytes, Path file) {}
