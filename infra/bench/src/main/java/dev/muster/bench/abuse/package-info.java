/** {@code muster bench abuse}: the effect of a misbehaving agent on the others. */
@NullMarked
package dev.muster.bench.abuse;

import org.jspecify.annotations.NullMarked;
