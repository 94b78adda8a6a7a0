@NullMarked
package dev.muster.ingress.dispatch;

import org.jspecify.annotations.NullMarked;
