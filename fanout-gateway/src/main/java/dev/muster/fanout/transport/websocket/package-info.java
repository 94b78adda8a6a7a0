/** The live feed over WebSocket. */
@NullMarked
package dev.muster.fanout.transport.websocket;

import org.jspecify.annotations.NullMarked;
