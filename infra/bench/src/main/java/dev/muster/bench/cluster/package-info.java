/**
 * A whole Muster on this machine for a benchmark: every service in its own process, so that each one's CPU and memory
 * is known.
 */
@NullMarked
package dev.muster.bench.cluster;

import org.jspecify.annotations.NullMarked;
