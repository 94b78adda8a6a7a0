/** Commands that show terminals. */
@NullMarked
package dev.muster.cli.terminal;

import org.jspecify.annotations.NullMarked;
