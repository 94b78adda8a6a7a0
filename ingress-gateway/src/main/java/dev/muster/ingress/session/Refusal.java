package dev.muster.ingress.session;

import dev.muster.contract.errors.Detail;
import dev.muster.contract.errors.ErrorCode;

/**
 * Why a call is refused or ended.
 *
 * @param detail fit for the agent's log; holds no secret and no terminal content; what is too long for a header is cut
 */
public record Refusal(ErrorCode code, String detail) {
    public Refusal {
        detail = Detail.of(detail);
    }
}
