/** Typed settings from environment variables, with every mistake reported at once. */
@NullMarked
package dev.muster.contract.settings;

import org.jspecify.annotations.NullMarked;
