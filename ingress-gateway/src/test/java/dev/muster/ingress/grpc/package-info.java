@NullMarked
package dev.muster.ingress.grpc;

import org.jspecify.annotations.NullMarked;
