/** Consumers that keep the rings at the end of their partitions. */
@NullMarked
package dev.muster.fanout.log.tails;

import org.jspecify.annotations.NullMarked;
