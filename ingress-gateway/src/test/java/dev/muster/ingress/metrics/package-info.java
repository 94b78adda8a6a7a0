@NullMarked
package dev.muster.ingress.metrics;

import org.jspecify.annotations.NullMarked;
