/** The load generator: simulated agents that speak the agent protocol, and what is measured of them. */
@NullMarked
package dev.muster.bench.load;

import org.jspecify.annotations.NullMarked;
