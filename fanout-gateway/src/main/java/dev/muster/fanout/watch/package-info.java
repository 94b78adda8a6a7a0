/** What viewers cause upstream: leases on terminal output, keystrokes and resizes. */
@NullMarked
package dev.muster.fanout.watch;

import org.jspecify.annotations.NullMarked;
