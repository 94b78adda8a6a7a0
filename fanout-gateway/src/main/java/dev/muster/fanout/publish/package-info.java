/** The gateway's way into Kafka: bounded in bytes, and nobody waits. */
@NullMarked
package dev.muster.fanout.publish;

import org.jspecify.annotations.NullMarked;
