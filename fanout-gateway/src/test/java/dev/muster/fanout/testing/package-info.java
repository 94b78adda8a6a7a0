/** Doubles that work: a topic, its consumer and a registry in memory. */
@NullMarked
package dev.muster.fanout.testing;

import org.jspecify.annotations.NullMarked;
