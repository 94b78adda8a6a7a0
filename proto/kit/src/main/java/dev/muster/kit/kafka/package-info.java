/** Topics as Muster needs them: made, checked, and compared. */
@NullMarked
package dev.muster.kit.kafka;

import org.jspecify.annotations.NullMarked;
