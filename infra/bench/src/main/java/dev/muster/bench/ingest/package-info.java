/** {@code muster bench ingest}: output through the gateway beside a plain producer on the same broker. */
@NullMarked
package dev.muster.bench.ingest;

import org.jspecify.annotations.NullMarked;
