/** Reads of what the rings no longer hold. */
@NullMarked
package dev.muster.fanout.log.catchup;

import org.jspecify.annotations.NullMarked;
