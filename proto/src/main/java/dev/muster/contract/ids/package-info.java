/** Identifiers that validate. */
@NullMarked
package dev.muster.contract.ids;

import org.jspecify.annotations.NullMarked;
