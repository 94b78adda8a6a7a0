/** Commands about nodes. */
@NullMarked
package dev.muster.cli.node;

import org.jspecify.annotations.NullMarked;
