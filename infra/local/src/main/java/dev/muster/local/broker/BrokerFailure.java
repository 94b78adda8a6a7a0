package dev.muster.local.broker;

/**
 * Kafka wanted to end the process.
 *
 * @param how {@code exit} or {@code halt}
 * @param status the exit status that it wanted
 */
public record BrokerFailure(String how, int status, String reason) {}
