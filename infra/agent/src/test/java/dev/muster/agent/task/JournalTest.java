package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
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
