package dev.muster.agent.settings;

/** The agent cannot go on. The message is for its operator and says what to do. */
public sealed class AgentException extends Exception permits NotJoinedException {
    private static final long serialVersionUID = 1;

    public AgentException(String message) {
        super(message);
    }

    public AgentException(String message, Throwable cause) {
        super(message, cause);
    }
}
