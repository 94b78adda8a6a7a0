/** The shared tails of the view topics: one consumer per topic, one ring per partition, and the positions in them. */
@NullMarked
package dev.muster.fanout.feed;

import org.jspecify.annotations.NullMarked;
