/** Who may do what with a node. */
@NullMarked
package dev.muster.contract.access;

import org.jspecify.annotations.NullMarked;
