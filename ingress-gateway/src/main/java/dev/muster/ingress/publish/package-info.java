/** The way into Kafka: one lane per kind of traffic, each with a bounded queue, a sender thread and a producer of its own. */
@NullMarked
package dev.muster.ingress.publish;

import org.jspecify.annotations.NullMarked;
