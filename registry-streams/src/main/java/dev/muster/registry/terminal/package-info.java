/** The terminal app: raw output in, clean history and live frames out. */
@NullMarked
package dev.muster.registry.terminal;

import org.jspecify.annotations.NullMarked;
