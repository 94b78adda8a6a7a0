/** The whole product on one thread, with a clock, chances and faults that come from a seed. */
@NullMarked
package dev.muster.e2e.simulation;

import org.jspecify.annotations.NullMarked;
