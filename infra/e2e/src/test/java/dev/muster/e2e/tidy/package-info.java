/** Rules for the tree itself: words, links, files that nothing uses, and contracts that only grow. */
@NullMarked
package dev.muster.e2e.tidy;

import org.jspecify.annotations.NullMarked;
