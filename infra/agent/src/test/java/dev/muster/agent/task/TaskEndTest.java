package dev.muster.agent.task;

import static dev.muster.agent.task.TaskEnd.Event.DRAIN_DUE;
import static dev.muster.agent.task.TaskEnd.Event.GROUP_GONE;
import static dev.muster.agent.task.TaskEnd.Event.KILL_DUE;
import static dev.muster.agent.task.TaskEnd.Event.LEADER_GONE;
import static dev.muster.agent.task.TaskEnd.Event.QUIET;
import static dev.muster.agent.task.TaskEnd.Event.READER_AT_END;
import static dev.muster.agent.task.TaskEnd.Event.STOP;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskEndTest {
    /** The events so far, and for each further event the state that follows, with the actions. A dash: none. */
    record Row(String name, List<TaskEnd.Event> before, List<String> after) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<TaskEnd.Event> EVENTS =
            List.of(LEADER_GONE, READER_AT_END, STOP, GROUP_GONE, KILL_DUE, QUIET, DRAIN_DUE);

    static Stream<Row> table() {
        return Stream.of(
                row("running", List.of(), "DRAINING", "-", "STOPPING TERM", "-", "-", "-", "-"),
                row(
                        "running, all is read",
                        List.of(READER_AT_END),
                        "OVER END",
                        "-",
                        "STOPPING TERM",
                        "-",
                        "-",
                        "-",
                        "-"),
                row("stopping", List.of(STOP), "-", "-", "-", "-", "KILLED KILL", "-", "-"),
                row("stopping, all is read", List.of(STOP, READER_AT_END), "-", "-", "-", "-", "KILLED KILL", "-", "-"),
                row(
                        "stopping, the leader is gone",
                        List.of(STOP, LEADER_GONE),
                        "-",
                        "-",
                        "-",
                        "GIVING_UP GIVE_UP",
                        "KILLED KILL",
                        "-",
                        "-"),
                row(
                        "stopping, the leader is gone, all is read",
                        List.of(READER_AT_END, STOP, LEADER_GONE),
                        "-",
                        "-",
                        "-",
                        "OVER END",
                        "KILLED KILL",
                        "-",
                        "-"),
                row(
                        "stopping while a process left behind prints",
                        List.of(LEADER_GONE, STOP),
                        "-",
                        "-",
                        "-",
                        "GIVING_UP GIVE_UP",
                        "KILLED KILL",
                        "-",
                        "-"),
                row("killed", List.of(STOP, KILL_DUE), "-", "-", "-", "-", "GIVING_UP GIVE_UP", "-", "-"),
                row(
                        "killed, all is read",
                        List.of(STOP, READER_AT_END, KILL_DUE),
                        "-",
                        "-",
                        "-",
                        "-",
                        "OVER END",
                        "-",
                        "-"),
                row(
                        "killed, the leader is gone",
                        List.of(STOP, KILL_DUE, LEADER_GONE),
                        "-",
                        "-",
                        "-",
                        "GIVING_UP GIVE_UP",
                        "GIVING_UP GIVE_UP",
                        "-",
                        "-"),
                row(
                        "killed, the leader is gone, all is read",
                        List.of(STOP, KILL_DUE, READER_AT_END, LEADER_GONE),
                        "-",
                        "-",
                        "-",
                        "OVER END",
                        "OVER END",
                        "-",
                        "-"),
                row(
                        "draining",
                        List.of(LEADER_GONE),
                        "-",
                        "OVER END",
                        "STOPPING TERM",
                        "-",
                        "-",
                        "GIVING_UP GIVE_UP",
                        "GIVING_UP GIVE_UP"),
                row("giving up", List.of(LEADER_GONE, QUIET), "-", "OVER END", "-", "-", "-", "-", "-"),
                row("over", List.of(READER_AT_END, LEADER_GONE), "-", "-", "-", "-", "-", "-", "-"));
    }

    private static Row row(String name, List<TaskEnd.Event> before, String... after) {
        return new Row(name, before, List.of(after));
    }

    @ParameterizedTest
    @MethodSource("table")
    void every_event_in_every_state(Row row) {
        for (int i = 0; i < EVENTS.size(); i++) {
            TaskEnd end = new TaskEnd();
            row.before().forEach(end::on);
            TaskEnd.State before = end.state();
            String actions = String.join(
                    " ", end.on(EVENTS.get(i)).stream().map(Enum::name).toList());
            String expected = row.after().get(i);
            assertThat((end.state() + " " + actions).strip())
                    .as("%s, then %s", row.name(), EVENTS.get(i))
                    .isEqualTo(expected.equals("-") ? before.name() : expected);
        }
    }

    /** The exception is a group that KILL does not end. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void a_task_that_was_stopped_is_not_over_before_its_group_is_gone(long seed) {
        Random random = new Random(seed);
        List<TaskEnd.Event> others = List.of(LEADER_GONE, READER_AT_END, STOP, QUIET, DRAIN_DUE);
        for (int round = 0; round < 2_000; round++) {
            TaskEnd end = new TaskEnd();
            end.on(STOP);
            int killAt = random.nextInt(10);
            for (int i = 0; i < 10; i++) {
                end.on(i == killAt ? KILL_DUE : others.get(random.nextInt(others.size())));
                assertThat(end.isStopped()).as("seed %d", seed).isTrue();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatever_happens_it_ends_once_and_never_before_its_output_or_a_leader_that_kill_ends(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            TaskEnd end = new TaskEnd();
            List<TaskEnd.Event> happened = new ArrayList<>();
            List<TaskEnd.Action> done = new ArrayList<>();
            List<TaskEnd.Event> all = new ArrayList<>(Arrays.asList(TaskEnd.Event.values()));
            while (!all.isEmpty()) {
                TaskEnd.Event event = all.get(random.nextInt(all.size()));
                if (event == LEADER_GONE || event == READER_AT_END || random.nextInt(4) == 0) {
                    all.remove(event);
                }
                happened.add(event);
                done.addAll(end.on(event));
                boolean isGivenUp = Collections.frequency(happened, KILL_DUE) > 1;
                boolean mayEnd = (happened.contains(LEADER_GONE) || isGivenUp) && happened.contains(READER_AT_END);
                assertThat(end.state() != TaskEnd.State.OVER || mayEnd)
                        .as("seed %d: %s", seed, happened)
                        .isTrue();
            }
            // due timers fire at last
            List.of(KILL_DUE, KILL_DUE, QUIET, DRAIN_DUE).forEach(event -> done.addAll(end.on(event)));
            assertThat(end.state()).as("seed %d: %s", seed, happened).isEqualTo(TaskEnd.State.OVER);
            assertThat(done).as("seed %d: %s", seed, happened).containsOnlyOnce(TaskEnd.Action.END);
        }
    }
}
