/** Several registries that share the work: which instance owns what, and how one asks another. */
@NullMarked
package dev.muster.registry.instance;

import org.jspecify.annotations.NullMarked;
