/** What every benchmark prints: figures beside their baselines, and one line for machines. */
@NullMarked
package dev.muster.bench.report;

import org.jspecify.annotations.NullMarked;
