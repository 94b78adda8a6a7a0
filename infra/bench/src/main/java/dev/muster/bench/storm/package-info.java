/** {@code muster bench storm}: a gateway dies under all its agents and starts again. */
@NullMarked
package dev.muster.bench.storm;

import org.jspecify.annotations.NullMarked;
