/** `run`: a command on one node or on many, whose output is followed until it ends. */
@NullMarked
package dev.muster.cli.run;

import org.jspecify.annotations.NullMarked;
