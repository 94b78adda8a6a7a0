/** Process life: start, close in order, named threads, and the port for operators. */
@NullMarked
package dev.muster.kit.process;

import org.jspecify.annotations.NullMarked;
