/** The output of tasks: raw, as text, as a recording, followed or whole. */
@NullMarked
package dev.muster.fanout.resources.output;

import org.jspecify.annotations.NullMarked;
