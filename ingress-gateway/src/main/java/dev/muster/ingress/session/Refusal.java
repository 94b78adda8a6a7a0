package dev.muster.ingress.session;

import dev.muster.contract.errors.ErrorCode;

/**
 * Why a call is refused or ended.
 *
 * @param detail fit for the agent's log; holds no secret and no terminal content
 */
public record Refusal(ErrorCode code, String detail) {}
