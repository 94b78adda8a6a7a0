package dev.muster.agent.settings;

/** The state directory has no identity, and no invite was given to get one. */
public final class NotJoinedException extends AgentException {
    private static final long serialVersionUID = 1;

    public NotJoinedException() {
        super(
                "this agent has not joined yet: give it an invite with --join; `infra/muster node create NAME` prints one");
    }
}
