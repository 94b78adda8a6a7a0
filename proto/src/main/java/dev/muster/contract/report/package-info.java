/** One set of rules for what an agent may report and how the rest is treated. Every receiver applies it. */
@NullMarked
package dev.muster.contract.report;

import org.jspecify.annotations.NullMarked;
