/**
 * The way into Kafka: one lane for each kind of traffic. Each lane has its own bounded queue, sender thread and
 * producer.
 */
@NullMarked
package dev.muster.ingress.publish;

import org.jspecify.annotations.NullMarked;
