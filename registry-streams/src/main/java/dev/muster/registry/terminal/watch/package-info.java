/** Who watches which terminal, and the frames that are made for them. */
@NullMarked
package dev.muster.registry.terminal.watch;

import org.jspecify.annotations.NullMarked;
