package dev.muster.client;

import com.fasterxml.jackson.databind.JsonNode;

/** The API refused. The message is the problem (RFC 9457) on one line. */
public final class ApiException extends ClientException {
    private final int status;
    private final String code;

    public ApiException(int status, String code, String message) {
        super(message);
        this.status = status;
        this.code = code;
    }

    /** The refusal in an {@code error} frame of the live feed, from its field {@code problem}. */
    public static ApiException of(JsonNode problem) {
        String code = problem.path("code").asText("unknown");
        String detail = problem.path("detail").asText("");
        return new ApiException(
                problem.path("status").asInt(), code, detail.isEmpty() ? code : code + ": " + oneLine(detail));
    }

    /** The refusal in an answer to a request. A body that is no problem still has its status. */
    static ApiException of(Answer answer) {
        JsonNode problem;
        try {
            problem = answer.json();
        } catch (ClientException notJson) {
            problem = Json.object();
        }
        String code = problem.path("code").asText("status-" + answer.status());
        StringBuilder line = new StringBuilder(code);
        String detail = problem.path("detail").asText(problem.path("title").asText(""));
        if (!detail.isEmpty()) {
            line.append(": ").append(oneLine(detail));
        }
        if (problem.hasNonNull("errorId")) {
            line.append(" (error id ").append(problem.path("errorId").asText()).append(')');
        }
        return new ApiException(answer.status(), code, line.toString());
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** One of the published error codes; {@code status-} and the status if the answer has none. */
    public String code() {
        return code;
    }

    /** Muster said that it is busy or unavailable. */
    @Override
    public boolean isPassing() {
        return Answer.isPassing(status);
    }

    ApiException with(String advice) {
        return new ApiException(status, code, getMessage() + "; " + advice);
    }
}
