/** One viewer's session: what the client asks, what is sent, and when it ends. */
@NullMarked
package dev.muster.fanout.live.session;

import org.jspecify.annotations.NullMarked;
