@NullMarked
package dev.muster.ingress.auth;

import org.jspecify.annotations.NullMarked;
