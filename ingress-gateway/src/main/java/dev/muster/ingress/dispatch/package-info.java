/** The way out of Kafka: what the registry and the fan-out gateways send to agents of this gateway. */
@NullMarked
package dev.muster.ingress.dispatch;

import org.jspecify.annotations.NullMarked;
