/** The frames of the live feed: what they say, and their bytes. Imports nothing that moves. */
@NullMarked
package dev.muster.fanout.live.frames;

import org.jspecify.annotations.NullMarked;
