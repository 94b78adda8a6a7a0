/** Everything of Muster in one process, for one machine. */
@NullMarked
package dev.muster.local.up;

import org.jspecify.annotations.NullMarked;
