/** What every command has: its input and output, its failures, its tables, and text without control characters. */
@NullMarked
package dev.muster.cli.console;

import org.jspecify.annotations.NullMarked;
