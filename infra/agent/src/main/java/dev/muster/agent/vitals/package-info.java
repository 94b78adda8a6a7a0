/** What the machine is doing. */
@NullMarked
package dev.muster.agent.vitals;

import org.jspecify.annotations.NullMarked;
