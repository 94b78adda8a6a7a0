/** How fast the terminal engine is, beside what people use instead. */
@NullMarked
package dev.muster.bench.terminal;

import org.jspecify.annotations.NullMarked;
