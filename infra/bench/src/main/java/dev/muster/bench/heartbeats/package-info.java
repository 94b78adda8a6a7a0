/** {@code muster bench heartbeats}: what a heartbeat costs, at a thousand nodes and at a hundred thousand. */
@NullMarked
package dev.muster.bench.heartbeats;

import org.jspecify.annotations.NullMarked;
