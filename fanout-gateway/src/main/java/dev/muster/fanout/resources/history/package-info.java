/** The history of terminals, as JSON and as text. */
@NullMarked
package dev.muster.fanout.resources.history;

import org.jspecify.annotations.NullMarked;
