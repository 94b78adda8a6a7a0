/** The endpoints of the live feed. */
@NullMarked
package dev.muster.fanout.transport;

import org.jspecify.annotations.NullMarked;
