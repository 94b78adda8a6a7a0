/**
 * The live feed beside other servers that fan messages out over WebSocket: the same clients, frames and rates in one
 * run.
 */
@NullMarked
package dev.muster.bench.fanout;

import org.jspecify.annotations.NullMarked;
