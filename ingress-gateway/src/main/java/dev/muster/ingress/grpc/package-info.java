/** gRPC glue: calls in, messages out. */
@NullMarked
package dev.muster.ingress.grpc;

import org.jspecify.annotations.NullMarked;
