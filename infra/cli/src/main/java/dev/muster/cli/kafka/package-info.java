/** Commands that need a Kafka client: they decode records of the topics and inspect the broker. */
@NullMarked
package dev.muster.cli.kafka;

import org.jspecify.annotations.NullMarked;
