/** The ingress gateway on a real broker, with a bare gRPC client as the agent. */
@NullMarked
package dev.muster.e2e.ingress;

import org.jspecify.annotations.NullMarked;
