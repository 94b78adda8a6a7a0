/** What the agent does when its disk cannot be written, and how it reads what a crash left half written. */
@NullMarked
package dev.muster.agent.disk;

import org.jspecify.annotations.NullMarked;
