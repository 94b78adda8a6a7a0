/** Terminals that a session is attached to: the picture, the live output after it, and the seam between. */
@NullMarked
package dev.muster.fanout.live.terminals;

import org.jspecify.annotations.NullMarked;
