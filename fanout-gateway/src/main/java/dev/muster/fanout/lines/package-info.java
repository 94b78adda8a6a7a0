/** Reading on: the lines of terminals after a cursor, read from the topic of lines. */
@NullMarked
package dev.muster.fanout.lines;

import org.jspecify.annotations.NullMarked;
