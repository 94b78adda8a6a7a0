/** Rules for reading and searching history that gateways and the registry share. */
@NullMarked
package dev.muster.contract.history;

import org.jspecify.annotations.NullMarked;
