@NullMarked
package dev.muster.fanout;

import org.jspecify.annotations.NullMarked;
