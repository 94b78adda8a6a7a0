package dev.muster.fanout.auth;

import java.util.Optional;

/**
 * A user who asks for a change.
 *
 * @param traceparent of the request, if it is part of a trace
 */
public record Requester(User user, Optional<String> traceparent) {}
