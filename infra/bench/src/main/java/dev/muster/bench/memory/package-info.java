/** {@code muster bench memory}: what an agent that does nothing but heartbeats costs its gateway. */
@NullMarked
package dev.muster.bench.memory;

import org.jspecify.annotations.NullMarked;
