/** The terminal engine as a filter, from a stream of bytes to clean lines. Pure: JDK only. */
@NullMarked
package dev.muster.terminal.text;

import org.jspecify.annotations.NullMarked;
