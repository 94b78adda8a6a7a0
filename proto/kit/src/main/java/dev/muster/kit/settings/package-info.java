/** Settings from environment variables, with one order of precedence. */
@NullMarked
package dev.muster.kit.settings;

import org.jspecify.annotations.NullMarked;
