/** Viewers and gateways that come and go, on a real broker. */
@NullMarked
package dev.muster.e2e.fanout;

import org.jspecify.annotations.NullMarked;
