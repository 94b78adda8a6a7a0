/** One command on many nodes. Pure. */
@NullMarked
package dev.muster.registry.group;

import org.jspecify.annotations.NullMarked;
