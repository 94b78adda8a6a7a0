/** Commands that run something on a node. */
@NullMarked
package dev.muster.cli.task;

import org.jspecify.annotations.NullMarked;
