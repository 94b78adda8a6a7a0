/** What one viewer sees: a cursor over the rings and the frames made from it. Knows neither sockets nor Kafka. */
@NullMarked
package dev.muster.fanout.session;

import org.jspecify.annotations.NullMarked;
