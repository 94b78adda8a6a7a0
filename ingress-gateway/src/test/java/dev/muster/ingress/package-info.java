@NullMarked
package dev.muster.ingress;

import org.jspecify.annotations.NullMarked;
