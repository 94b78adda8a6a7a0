/** The gateway's way into Kafka: bounded in bytes, and no caller waits. */
@NullMarked
package dev.muster.fanout.publish;

import org.jspecify.annotations.NullMarked;
