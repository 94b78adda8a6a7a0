/** Reading of histories, on threads other than the one that writes them. */
@NullMarked
package dev.muster.registry.terminal.read;

import org.jspecify.annotations.NullMarked;
