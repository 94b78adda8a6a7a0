/** Bytes of a terminal in, numbered logical lines out. Pure: JDK only, no clock, no threads, no I/O. */
@NullMarked
package dev.muster.terminal.engine;

import org.jspecify.annotations.NullMarked;
