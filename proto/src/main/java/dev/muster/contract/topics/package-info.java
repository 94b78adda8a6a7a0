/** The topic table, partitioning and serdes. */
@NullMarked
package dev.muster.contract.topics;

import org.jspecify.annotations.NullMarked;
