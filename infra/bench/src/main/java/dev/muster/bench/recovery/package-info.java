/** A whole Muster in processes of its own, each of which can be killed, and one who watches what it shows meanwhile. */
@NullMarked
package dev.muster.bench.recovery;

import org.jspecify.annotations.NullMarked;
