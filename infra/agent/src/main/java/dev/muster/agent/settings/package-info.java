/** How an agent reaches its gateway, its limits, and why it cannot start. */
@NullMarked
package dev.muster.agent.settings;

import org.jspecify.annotations.NullMarked;
