/** Error codes and close codes, each published with what to do. */
@NullMarked
package dev.muster.contract.errors;

import org.jspecify.annotations.NullMarked;
