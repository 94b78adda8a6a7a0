/** The topics of views and output, as sessions read them. */
@NullMarked
package dev.muster.fanout.log;

import org.jspecify.annotations.NullMarked;
