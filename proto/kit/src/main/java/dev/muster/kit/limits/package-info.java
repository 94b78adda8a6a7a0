/** Shares and budgets. */
@NullMarked
package dev.muster.kit.limits;

import org.jspecify.annotations.NullMarked;
