/** Glue of the control app: topology, stores, processor. */
@NullMarked
package dev.muster.registry.control;

import org.jspecify.annotations.NullMarked;
