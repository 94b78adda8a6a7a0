/** How far the registry is behind the output of this gateway, and who waits for it. */
@NullMarked
package dev.muster.ingress.backlog;

import org.jspecify.annotations.NullMarked;
