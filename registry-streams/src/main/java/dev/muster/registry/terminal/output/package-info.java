/** Which steps of a terminal's stream are taken. */
@NullMarked
package dev.muster.registry.terminal.output;

import org.jspecify.annotations.NullMarked;
