/** Text that shells read. */
@NullMarked
package dev.muster.kit.text;

import org.jspecify.annotations.NullMarked;
