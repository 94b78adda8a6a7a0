/** A node's durable queue of tasks. Pure. */
@NullMarked
package dev.muster.registry.task;

import org.jspecify.annotations.NullMarked;
