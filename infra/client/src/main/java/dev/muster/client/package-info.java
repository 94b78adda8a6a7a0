/**
 * Muster's HTTP API and live feed, as a program uses them: nothing of Kafka, gRPC or the services. {@link
 * dev.muster.client.ApiClient} is the entrance.
 */
@NullMarked
package dev.muster.client;

import org.jspecify.annotations.NullMarked;
