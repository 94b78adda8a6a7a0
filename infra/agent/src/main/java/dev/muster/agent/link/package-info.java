/** The two calls to a gateway: control and output, with reconnects. */
@NullMarked
package dev.muster.agent.link;

import org.jspecify.annotations.NullMarked;
