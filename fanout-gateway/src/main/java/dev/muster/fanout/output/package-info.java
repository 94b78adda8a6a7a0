/** A task's output: raw from the topic, asciicast, clean text. */
@NullMarked
package dev.muster.fanout.output;

import org.jspecify.annotations.NullMarked;
