/** JSON as this gateway reads and writes it. */
@NullMarked
package dev.muster.fanout.json;

import org.jspecify.annotations.NullMarked;
