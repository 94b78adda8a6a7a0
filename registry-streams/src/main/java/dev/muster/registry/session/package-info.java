/** Which connection of a node counts. Pure. */
@NullMarked
package dev.muster.registry.session;

import org.jspecify.annotations.NullMarked;
