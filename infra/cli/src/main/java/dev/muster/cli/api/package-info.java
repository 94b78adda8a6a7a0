/** Muster's HTTP API and WebSocket, as a client sees them: nothing of Kafka or gRPC. */
@NullMarked
package dev.muster.cli.api;

import org.jspecify.annotations.NullMarked;
