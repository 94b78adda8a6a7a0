/** A real KRaft broker inside this process, for one machine. */
@NullMarked
package dev.muster.local.broker;

import org.jspecify.annotations.NullMarked;
