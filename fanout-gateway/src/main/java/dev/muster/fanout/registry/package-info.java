/** Asynchronous client of the registry's query service. */
@NullMarked
package dev.muster.fanout.registry;

import org.jspecify.annotations.NullMarked;
