/**
 * The whole way from agent to viewer: how long output takes, how soon an attach shows something, and the effect of a
 * flood on both.
 */
@NullMarked
package dev.muster.bench.latency;

import org.jspecify.annotations.NullMarked;
