/** How commands find and reach a running Muster, and what they say when they cannot. */
@NullMarked
package dev.muster.cli.api;

import org.jspecify.annotations.NullMarked;
