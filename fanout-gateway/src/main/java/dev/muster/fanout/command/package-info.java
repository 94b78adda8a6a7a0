/** Commands to the registry over topics, and the replies that come back. */
@NullMarked
package dev.muster.fanout.command;

import org.jspecify.annotations.NullMarked;
