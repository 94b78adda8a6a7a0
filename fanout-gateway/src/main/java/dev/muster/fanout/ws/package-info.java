/** The live feed on a WebSocket: upgrade, socket, settings and wiring. */
@NullMarked
package dev.muster.fanout.ws;

import org.jspecify.annotations.NullMarked;
