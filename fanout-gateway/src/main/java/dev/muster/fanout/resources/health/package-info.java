/** Whether this gateway is alive and ready. */
@NullMarked
package dev.muster.fanout.resources.health;

import org.jspecify.annotations.NullMarked;
