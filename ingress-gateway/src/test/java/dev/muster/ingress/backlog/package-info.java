@NullMarked
package dev.muster.ingress.backlog;

import org.jspecify.annotations.NullMarked;
