/** A whole Muster in separate processes that can be killed, and a viewer who watches it meanwhile. */
@NullMarked
package dev.muster.bench.recovery;

import org.jspecify.annotations.NullMarked;
