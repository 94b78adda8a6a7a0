/**
 * Shared by all benchmarks: waits that may run out, calibration to the machine, and the report with its verdict, for
 * people and for programs.
 */
@NullMarked
package dev.muster.bench.report;

import org.jspecify.annotations.NullMarked;
