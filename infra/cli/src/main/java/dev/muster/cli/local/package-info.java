/** Commands that are about this machine and its data directory. */
@NullMarked
package dev.muster.cli.local;

import org.jspecify.annotations.NullMarked;
