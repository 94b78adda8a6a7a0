/** Positions in the log that a client keeps, signed. */
@NullMarked
package dev.muster.fanout.log.tokens;

import org.jspecify.annotations.NullMarked;
