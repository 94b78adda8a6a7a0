/** Changes per audience, and the store that is folded from them. */
@NullMarked
package dev.muster.registry.view;

import org.jspecify.annotations.NullMarked;
