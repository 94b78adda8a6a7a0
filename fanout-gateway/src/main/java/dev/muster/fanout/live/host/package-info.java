/** What a session gives to its parts, and what all sessions of a gateway share. */
@NullMarked
package dev.muster.fanout.live.host;

import org.jspecify.annotations.NullMarked;
