package dev.muster.fanout.live.terminals;

import dev.muster.contract.access.Roles;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.WatchMode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A log for operators: which users were admitted to a terminal, typed there, or were refused. One line per attach and
 * per its first keystroke, never one per message, and never the shown or typed text. The logger has this class's name,
 * so that operators can keep these lines apart.
 */
final class AccessLog {
    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);

    private final String user;
    private final ClientOp.Attach asked;
    private boolean typed;
    private boolean typeRefused;

    /** @param asked what the lines are about */
    AccessLog(String user, ClientOp.Attach asked) {
        this.user = user;
        this.asked = asked;
    }

    void attached(String terminal, Role role) {
        line("attached", terminal)
                .addKeyValue("mode", asked.mode() == WatchMode.WATCH_MODE_RAW ? "raw" : "text")
                .addKeyValue("role", Roles.name(role))
                .log("terminal attached");
    }

    /** The user may not, or may no longer, watch it. */
    void refused(String terminal, ErrorCode code) {
        line("refused", terminal).addKeyValue("code", code.code()).log("terminal access refused");
    }

    /** Said for the first time alone. */
    void typed(String terminal, Role role) {
        if (!typed) {
            typed = true;
            line("typed", terminal).addKeyValue("role", Roles.name(role)).log("terminal gets input");
        }
    }

    /** Said for the first time alone. */
    void typeRefused(String terminal, Role role) {
        if (!typeRefused) {
            typeRefused = true;
            line("type-refused", terminal)
                    .addKeyValue("role", role == Role.ROLE_UNSPECIFIED ? "" : Roles.name(role))
                    .log("terminal input refused");
        }
    }

    private LoggingEventBuilder line(String event, String terminal) {
        @Nullable String wanted = asked.terminal();
        return LOG.atInfo()
                .addKeyValue("event", event)
                .addKeyValue("user", user)
                .addKeyValue("node", asked.nodeId())
                .addKeyValue("terminal", terminal.isEmpty() && wanted != null ? wanted : terminal);
    }
}
