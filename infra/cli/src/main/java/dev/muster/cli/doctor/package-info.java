/** What is wrong here, and what to do. */
@NullMarked
package dev.muster.cli.doctor;

import org.jspecify.annotations.NullMarked;
