/** The HTTP API: routes, JSON shapes and problems. */
@NullMarked
package dev.muster.fanout.api;

import org.jspecify.annotations.NullMarked;
