/** The whole way from agent to viewer: how long output takes, how soon an attach shows something, and what a flood does to both. */
@NullMarked
package dev.muster.bench.latency;

import org.jspecify.annotations.NullMarked;
