/** Tasks of one node. */
@NullMarked
package dev.muster.fanout.resources.tasks;

import org.jspecify.annotations.NullMarked;
