/** Identifies the user and decides about the user's permissions. */
@NullMarked
package dev.muster.fanout.auth;

import org.jspecify.annotations.NullMarked;
