/** The whole of Muster, as its users meet it: one process, real broker, real agents, real shells, a real browser. */
@NullMarked
package dev.muster.e2e;

import org.jspecify.annotations.NullMarked;
