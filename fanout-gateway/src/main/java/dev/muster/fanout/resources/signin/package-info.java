/** Signing in and out, and taking tokens back. */
@NullMarked
package dev.muster.fanout.resources.signin;

import org.jspecify.annotations.NullMarked;
