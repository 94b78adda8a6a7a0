@NullMarked
package dev.muster.ingress.publish;

import org.jspecify.annotations.NullMarked;
