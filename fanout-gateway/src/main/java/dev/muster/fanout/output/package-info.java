/** A task's output: raw bytes out of the topic, checked to be whole. */
@NullMarked
package dev.muster.fanout.output;

import org.jspecify.annotations.NullMarked;
