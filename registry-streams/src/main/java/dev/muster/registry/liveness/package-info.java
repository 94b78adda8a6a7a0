/** Which nodes recently showed a sign of life, by the clock of the log. Pure. */
@NullMarked
package dev.muster.registry.liveness;

import org.jspecify.annotations.NullMarked;
