/** Running commands at most once: journal, processes, their ends. */
@NullMarked
package dev.muster.agent.task;

import org.jspecify.annotations.NullMarked;
