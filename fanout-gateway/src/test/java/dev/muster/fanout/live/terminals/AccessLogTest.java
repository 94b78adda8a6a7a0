package dev.muster.fanout.live.terminals;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.TASK;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.task;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.muster.fanout.live.session.RecordingOutbound;
import dev.muster.fanout.live.session.SessionBench;
import dev.muster.fanout.live.session.ViewerSession;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.TaskState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What operators find in the log about who was let to a terminal. */
class AccessLogTest {
    private static final String ATTACH =
            "{\"op\":\"attach\",\"ref\":\"a\",\"nodeId\":\"" + NODE + "\",\"terminal\":\"" + TASK + "\",\"lines\":10}";
    private static final String INPUT = "{\"op\":\"input\",\"ref\":\"a\",\"data\":\"hunter2\"}";

    private final Logger logger = (Logger) LoggerFactory.getLogger(AccessLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final SessionBench bench = new SessionBench(new StreamFixture(), 10, 20_000);
    private final RecordingOutbound out = new RecordingOutbound();

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
        grant(1, Role.ROLE_TYPE);
        bench.fixture.registry.put(task(TaskState.RUNNING));
        bench.fixture.registry.print(NODE, TASK, "top secret");
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.setLevel(null);
        bench.close();
    }

    private void grant(long version, Role role) {
        bench.fixture.registry.put(node(NODE, "alice", version, Map.of("ops", role)));
    }

    private ViewerSession attach(String user, String... groups) {
        ViewerSession session = bench.open(out, null, user, groups);
        session.onText(ATTACH);
        bench.until(() -> out.frames("attached").size() + out.frames("error").size() == 1);
        return session;
    }

    private List<String> logged() {
        return lines.list.stream()
                .map(line -> line.getLevel() + " " + line.getMessage() + " " + line.getKeyValuePairs())
                .toList();
    }

    private static String line(String message, String event, String user, String rest) {
        return "INFO %s [event=\"%s\", user=\"%s\", node=\"%s\", terminal=\"%s\"%s]"
                .formatted(message, event, user, NODE, TASK, rest);
    }

    @Test
    void an_attach_and_the_first_of_what_is_typed_are_logged_once_and_without_content() {
        ViewerSession session = attach("bob", "ops");
        for (int i = 0; i < 5; i++) {
            session.onText(INPUT);
        }
        bench.until(() -> bench.fixture.sink.inputs().size() == 5);
        assertThat(logged())
                .containsExactly(
                        line("terminal attached", "attached", "bob", ", mode=\"text\", role=\"TYPE\""),
                        line("terminal gets input", "typed", "bob", ", role=\"TYPE\""));
        assertThat(logged()).noneMatch(line -> line.contains("hunter2") || line.contains("secret"));
        session.onClosed(1000);
    }

    @Test
    void typing_without_the_right_is_logged_once_per_attach_and_sends_nothing() {
        grant(2, Role.ROLE_WATCH);
        ViewerSession session = attach("bob", "ops");
        session.onText(INPUT);
        session.onText(INPUT);
        bench.until(() -> out.frames("error").size() == 2);
        assertThat(logged())
                .containsExactly(
                        line("terminal attached", "attached", "bob", ", mode=\"text\", role=\"WATCH\""),
                        line("terminal input refused", "type-refused", "bob", ", role=\"WATCH\""));
        assertThat(bench.fixture.sink.inputs()).isEmpty();
        session.onClosed(1000);
    }

    @Test
    void whoever_may_not_watch_is_logged_as_refused() {
        grant(2, Role.ROLE_VIEW);
        ViewerSession stranger = attach("mallory");
        stranger.onClosed(1000);
        out.frames.clear();
        ViewerSession viewer = attach("bob", "ops");
        viewer.onClosed(1000);
        assertThat(logged())
                .containsExactly(
                        line("terminal access refused", "refused", "mallory", ", code=\"not-found\""),
                        line("terminal access refused", "refused", "bob", ", code=\"forbidden\""));
    }

    @Test
    void a_role_that_is_lowered_under_an_open_terminal_is_logged_when_it_ends() {
        ViewerSession session = attach("bob", "ops");
        grant(2, Role.ROLE_VIEW);
        bench.until(() -> out.frames("error").size() == 1);
        assertThat(logged())
                .contains(line("terminal access refused", "refused", "bob", ", code=\"forbidden\""))
                .hasSize(2);
        session.onClosed(1000);
    }
}
