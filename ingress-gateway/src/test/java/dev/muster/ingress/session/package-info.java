@NullMarked
package dev.muster.ingress.session;

import org.jspecify.annotations.NullMarked;
