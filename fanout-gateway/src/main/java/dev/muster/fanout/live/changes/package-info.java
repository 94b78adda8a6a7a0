/** Changes of nodes and tasks in a session: the snapshot, the changes after it, and the seam between. */
@NullMarked
package dev.muster.fanout.live.changes;

import org.jspecify.annotations.NullMarked;
