/** What a connection of an agent does, without gRPC and without Kafka: control, output, acknowledgements, limits. */
@NullMarked
package dev.muster.ingress.session;

import org.jspecify.annotations.NullMarked;
