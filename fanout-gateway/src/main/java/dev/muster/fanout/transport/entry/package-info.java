/** Who may open a feed, how many, and on which thread a viewer lives. */
@NullMarked
package dev.muster.fanout.transport.entry;

import org.jspecify.annotations.NullMarked;
