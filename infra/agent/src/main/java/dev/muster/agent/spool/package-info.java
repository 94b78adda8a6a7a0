/** Unacknowledged output, on disk and bounded in bytes. */
@NullMarked
package dev.muster.agent.spool;

import org.jspecify.annotations.NullMarked;
