/** How the agent behaves while its disk cannot be written, and how it reads files that a crash left half written. */
@NullMarked
package dev.muster.agent.disk;

import org.jspecify.annotations.NullMarked;
