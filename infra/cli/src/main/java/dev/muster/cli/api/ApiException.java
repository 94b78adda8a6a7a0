package dev.muster.cli.api;

import com.fasterxml.jackson.databind.JsonNode;

/** The API refused. The message is the problem on one line; {@code code} is one of the published error codes. */
public final class ApiException extends RuntimeException {
    private final int status;
    private final String code;

    ApiException(int status, String code, String message) {
        super(message);
        this.status = status;
        this.code = code;
    }

    /** The refusal in an {@code error} frame of the live feed. */
    public static ApiException of(JsonNode problem) {
        String code = problem.path("code").asText("unknown");
        String detail = problem.path("detail").asText("");
        int status = problem.path("status").asInt();
        return new ApiException(
                status,
                code,
                (detail.isEmpty() ? code : code + ": " + ApiClient.oneLine(detail))
                        + (status == 401 ? "; " + ApiClient.NEW_TOKEN : ""));
    }

    public int status() {
        return status;
    }

    public String code() {
        return code;
    }
}
