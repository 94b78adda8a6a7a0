/** The data directory of one machine: its lock, its secrets, and the addresses of what runs there. */
@NullMarked
package dev.muster.local.data;

import org.jspecify.annotations.NullMarked;
