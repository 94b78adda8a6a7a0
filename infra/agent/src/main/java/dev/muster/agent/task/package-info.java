/** Running commands at most once: journal, processes, their end. */
@NullMarked
package dev.muster.agent.task;

import org.jspecify.annotations.NullMarked;
