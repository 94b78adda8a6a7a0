/** {@code muster bench abuse}: what other agents notice of one that does what none should. */
@NullMarked
package dev.muster.bench.abuse;

import org.jspecify.annotations.NullMarked;
