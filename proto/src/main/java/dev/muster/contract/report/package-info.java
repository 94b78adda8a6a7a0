/** What an agent may report, and what becomes of the rest: one set of rules for all who take it in. */
@NullMarked
package dev.muster.contract.report;

import org.jspecify.annotations.NullMarked;
