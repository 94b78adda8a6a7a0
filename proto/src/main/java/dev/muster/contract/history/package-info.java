/** What gateways and the registry agree on for reading and searching history. */
@NullMarked
package dev.muster.contract.history;

import org.jspecify.annotations.NullMarked;
