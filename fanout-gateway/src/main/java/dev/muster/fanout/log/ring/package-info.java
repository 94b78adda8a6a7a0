/** The newest records of a partition, in memory, indexed by key and bounded in bytes. */
@NullMarked
package dev.muster.fanout.log.ring;

import org.jspecify.annotations.NullMarked;
