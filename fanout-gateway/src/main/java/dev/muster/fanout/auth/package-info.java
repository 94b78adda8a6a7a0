/** Who is asking, and what they may do. */
@NullMarked
package dev.muster.fanout.auth;

import org.jspecify.annotations.NullMarked;
