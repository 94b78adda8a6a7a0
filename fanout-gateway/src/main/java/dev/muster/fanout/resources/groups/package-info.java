/** Tasks on many nodes at once. */
@NullMarked
package dev.muster.fanout.resources.groups;

import org.jspecify.annotations.NullMarked;
