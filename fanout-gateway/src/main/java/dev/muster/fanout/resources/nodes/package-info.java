/** Nodes and their invites. */
@NullMarked
package dev.muster.fanout.resources.nodes;

import org.jspecify.annotations.NullMarked;
