/** The live feed over server-sent events and NDJSON. */
@NullMarked
package dev.muster.fanout.transport.sse;

import org.jspecify.annotations.NullMarked;
