/** Counters, health and their HTTP port. */
@NullMarked
package dev.muster.ingress.metrics;

import org.jspecify.annotations.NullMarked;
