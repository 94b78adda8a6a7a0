package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.JournalEntry;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalTest {
    private static final String TASK = "tk_0000000000000000000000000";

    @TempDir
    Path dir;

    @Test
    void accepts_a_task_once_whatever_is_sent_again_and_after_a_restart() throws Exception {
        Path file = dir.resolve("journal");
        try (Journal journal = new Journal(file)) {
            assertThat(journal.accept(task("a", 1))).isTrue();
            assertThat(journal.accept(task("a", 1))).isFalse();
            assertThat(journal.accept(task("c", 3))).isTrue();
            assertThat(journal.accept(task("b", 2))).isFalse();
        }
        try (Journal journal = new Journal(file)) {
            assertThat(journal.highWater()).isEqualTo(3);
            assertThat(journal.accept(task("c", 3))).isFalse();
            assertThat(journal.openTasks()).extracting(RunTask::getTaskId).containsExactly("a", "c");
        }
    }

    @Test
    void the_high_water_mark_outlives_tasks_that_ended() throws Exception {
        Path file = dir.resolve("journal");
        try (Journal journal = new Journal(file)) {
            journal.accept(task("a", 7));
            TaskEvent ended = journal.record(ended("a"));
            journal.acked(ended.getNumber());
        }
        try (Journal journal = new Journal(file)) {
            assertThat(journal.openTasks()).isEmpty();
            assertThat(journal.taskIds()).isEmpty();
        }
        try (Journal journal = new Journal(file)) {
            assertThat(journal.accept(task("a", 7))).isFalse();
            assertThat(journal.record(ended("b")).getNumber()).isEqualTo(2);
        }
    }

    @Test
    void keeps_events_until_they_are_acknowledged() throws Exception {
        Path file = dir.resolve("journal");
        try (Journal journal = new Journal(file)) {
            journal.accept(task("a", 1));
            journal.record(TaskEvent.newBuilder().setTaskId("a").setStarted(TaskStarted.getDefaultInstance()));
            journal.record(ended("a"));
            journal.acked(1);
        }
        try (Journal journal = new Journal(file)) {
            assertThat(journal.unacknowledged()).singleElement().satisfies(event -> {
                assertThat(event.getNumber()).isEqualTo(2);
                assertThat(event.hasEnded()).isTrue();
            });
            assertThat(journal.taskIds()).containsExactly("a");
        }
    }

    @Test
    void an_entry_cut_off_by_a_crash_is_left_out() throws Exception {
        Path file = dir.resolve("journal");
        try (Journal journal = new Journal(file)) {
            journal.accept(task("a", 1));
            journal.accept(task("b", 2));
        }
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        try (Journal journal = new Journal(file)) {
            assertThat(journal.highWater()).isEqualTo(1);
            assertThat(journal.accept(task("b", 2))).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void an_entry_that_is_torn_hides_no_other_wherever_it_is_torn(boolean sealed) throws Exception {
        List<byte[]> entries = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            byte[] entry = JournalEntry.newBuilder()
                    .setReceived(task(TASK + i, i).toBuilder().setCommand("echo " + i))
                    .build()
                    .toByteArray();
            ByteArrayOutputStream delimited = new ByteArrayOutputStream();
            byte[] bytes = sealed ? WholeEntry.seal(entry) : entry;
            delimited.write(bytes.length);
            delimited.write(bytes);
            entries.add(delimited.toByteArray());
        }
        int length = entries.get(1).length;
        for (int kept = 0; kept < length; kept++) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.write(entries.get(0));
            all.write(entries.get(1), 0, kept);
            all.write(entries.get(2));
            all.write(entries.get(3));
            Path file = dir.resolve("journal-" + kept);
            Files.write(file, all.toByteArray());
            try (Journal journal = new Journal(file)) {
                List<String> found =
                        journal.openTasks().stream().map(RunTask::getTaskId).toList();
                if (sealed) {
                    assertThat(found).as("%d bytes", kept).containsExactly(TASK + 1, TASK + 3, TASK + 4);
                } else {
                    // without a checksum the entry behind the torn one may be taken for its rest
                    assertThat(found).as("%d bytes", kept).contains(TASK + 1, TASK + 4);
                }
            }
        }
    }

    @Test
    void a_journal_of_an_older_agent_is_read() throws Exception {
        Path file = dir.resolve("journal");
        try (OutputStream out = Files.newOutputStream(file)) {
            JournalEntry.newBuilder()
                    .setReceived(task(TASK + 1, 5).toBuilder().putEnv("A", "1").putEnv("B", "2"))
                    .build()
                    .writeDelimitedTo(out);
            JournalEntry.newBuilder()
                    .setEvent(ended(TASK + 1).setNumber(3))
                    .build()
                    .writeDelimitedTo(out);
        }
        try (Journal journal = new Journal(file)) {
            assertThat(journal.openTasks()).isEmpty();
            assertThat(journal.highWater()).isEqualTo(5);
            assertThat(journal.unacknowledged())
                    .extracting(TaskEvent::getNumber)
                    .containsExactly(3L);
        }
    }

    @Test
    void does_not_grow_with_tasks_that_are_over() throws Exception {
        Path file = dir.resolve("journal");
        try (Journal journal = new Journal(file)) {
            for (int i = 1; i <= 20_000; i++) {
                journal.processStarted(dev.muster.proto.agent.v1.ProcessStarted.newBuilder()
                        .setTaskId("task-" + i)
                        .setPid(i)
                        .build());
                journal.acked(journal.record(ended("task-" + i)).getNumber());
            }
            assertThat(Files.size(file)).isLessThan(Journal.COMPACT_BYTES + 1_000);
        }
    }

    private static TaskEvent.Builder ended(String taskId) {
        return TaskEvent.newBuilder().setTaskId(taskId).setEnded(TaskEnded.getDefaultInstance());
    }

    private static RunTask task(String id, long sequence) {
        return RunTask.newBuilder().setTaskId(id).setSequence(sequence).build();
    }
}
