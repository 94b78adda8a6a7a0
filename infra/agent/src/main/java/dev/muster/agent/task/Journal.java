package dev.muster.agent.task;

import dev.muster.agent.disk.DelimitedFile;
import dev.muster.agent.disk.Disk;
import dev.muster.proto.agent.v1.HighWater;
import dev.muster.proto.agent.v1.JournalEntry;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The history of tasks, on disk. A task is written before its command starts and never accepted twice. So a command
 * runs at most once, however often it is sent. Events stay until they are acknowledged. Thread-safe; guarded by its own
 * lock.
 *
 * <p>While the disk cannot be written no task is accepted. Everything else is kept in memory meanwhile and written by
 * {@link #catchUp}. A crash before that repeats an event or makes the end of a task unknown, and does no other harm.
 */
public final class Journal implements AutoCloseable {
    static final long COMPACT_BYTES = 1 << 20;

    private final Map<String, RunTask> open = new LinkedHashMap<>();
    private final Map<String, ProcessStarted> processes = new LinkedHashMap<>();
    private final TreeMap<Long, TaskEvent> events = new TreeMap<>();
    private final DelimitedFile file;
    private long highWater;
    private long eventNumber;
    private long compactAtBytes = COMPACT_BYTES;

    public Journal(Path path) throws IOException {
        this(path, new Disk());
    }

    public Journal(Path path, Disk disk) throws IOException {
        boolean clean = DelimitedFile.read(path, JournalEntry.parser(), new WholeEntry(), this::apply);
        file = new DelimitedFile(path, disk);
        if (!clean) {
            file.isTorn();
        }
        boolean unused = file.rewrite(entries());
    }

    /**
     * False if a task with this sequence or a later one was seen before. On disk when this returns.
     *
     * @throws IOException if it cannot be written: the command must not start, and the task counts as seen
     */
    public synchronized boolean accept(RunTask task) throws IOException {
        if (task.getSequence() <= highWater) {
            return false;
        }
        JournalEntry entry = JournalEntry.newBuilder().setReceived(task).build();
        boolean written = catchUp() && file.append(sealed(entry), true);
        if (!written) {
            highWater = task.getSequence();
            throw file.whyBehind();
        }
        apply(entry);
        return true;
    }

    public synchronized void processStarted(ProcessStarted started) {
        append(JournalEntry.newBuilder().setProcessStarted(started).build());
    }

    /** Numbers the event and keeps it until it is acknowledged. */
    public synchronized TaskEvent record(TaskEvent.Builder event) {
        TaskEvent numbered = event.setNumber(eventNumber + 1).build();
        append(JournalEntry.newBuilder().setEvent(numbered).build());
        return numbered;
    }

    public synchronized void acked(long number) {
        if (!events.isEmpty() && events.firstKey() <= number) {
            append(JournalEntry.newBuilder().setEventsAcked(number).build());
            if (file.size() > compactAtBytes) {
                compactAtBytes = file.rewrite(entries()) ? COMPACT_BYTES : file.size() + COMPACT_BYTES;
            }
        }
    }

    /** Writes what could not be written before. True if everything is on the disk now. */
    public synchronized boolean catchUp() {
        return !file.isBehind() || file.rewrite(entries());
    }

    /** Unacknowledged events, in order. */
    public synchronized List<TaskEvent> unacknowledged() {
        return new ArrayList<>(events.values());
    }

    /** Accepted tasks that have not ended. */
    public synchronized List<RunTask> openTasks() {
        return new ArrayList<>(open.values());
    }

    /** Processes of tasks that have not ended, as an earlier process of the agent left them. */
    public synchronized List<ProcessStarted> openProcesses() {
        return new ArrayList<>(processes.values());
    }

    /** Ids of tasks that run or whose end is not yet acknowledged. */
    public synchronized List<String> taskIds() {
        List<String> ids = new ArrayList<>(open.keySet());
        for (TaskEvent event : events.values()) {
            if (!ids.contains(event.getTaskId())) {
                ids.add(event.getTaskId());
            }
        }
        return ids;
    }

    /** Highest accepted sequence. */
    public synchronized long highWater() {
        return highWater;
    }

    private void append(JournalEntry entry) {
        apply(entry);
        boolean unused = file.append(sealed(entry), false);
    }

    private void apply(JournalEntry entry) {
        switch (entry.getEntryCase()) {
            case RECEIVED -> {
                open.put(entry.getReceived().getTaskId(), entry.getReceived());
                highWater = Math.max(highWater, entry.getReceived().getSequence());
            }
            case EVENT -> {
                TaskEvent event = entry.getEvent();
                events.put(event.getNumber(), event);
                eventNumber = Math.max(eventNumber, event.getNumber());
                if (event.hasEnded() || event.hasRejected()) {
                    open.remove(event.getTaskId());
                    processes.remove(event.getTaskId());
                }
            }
            case EVENTS_ACKED -> events.headMap(entry.getEventsAcked(), true).clear();
            case PROCESS_STARTED -> processes.put(entry.getProcessStarted().getTaskId(), entry.getProcessStarted());
            case HIGH_WATER -> {
                highWater = Math.max(highWater, entry.getHighWater().getSequence());
                eventNumber = Math.max(eventNumber, entry.getHighWater().getEventNumber());
            }
            case ENTRY_NOT_SET -> {}
        }
    }

    /** The whole present state, as entries. */
    private List<byte[]> entries() {
        List<byte[]> entries = new ArrayList<>();
        entries.add(sealed(JournalEntry.newBuilder()
                .setHighWater(HighWater.newBuilder().setSequence(highWater).setEventNumber(eventNumber))
                .build()));
        open.values()
                .forEach(task -> entries.add(
                        sealed(JournalEntry.newBuilder().setReceived(task).build())));
        processes
                .values()
                .forEach(process -> entries.add(sealed(
                        JournalEntry.newBuilder().setProcessStarted(process).build())));
        events.values()
                .forEach(event -> entries.add(
                        sealed(JournalEntry.newBuilder().setEvent(event).build())));
        return entries;
    }

    private static byte[] sealed(JournalEntry entry) {
        return WholeEntry.seal(entry.toByteArray());
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }
}
