/** What needs a Kafka client: records of the topics, decoded, and a look at the broker. */
@NullMarked
package dev.muster.cli.kafka;

import org.jspecify.annotations.NullMarked;
