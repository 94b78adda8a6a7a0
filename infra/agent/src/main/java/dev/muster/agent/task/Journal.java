package dev.muster.agent.task;

import dev.muster.proto.agent.v1.HighWater;
import dev.muster.proto.agent.v1.JournalEntry;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What happened to tasks, on disk. A task is written down before its command starts and never accepted twice, so a command runs at
 * most once whatever is sent again. Events stay until they are acknowledged. Thread-safe; guarded by its own lock.
 */
public final class Journal implements AutoCloseable {
    static final long COMPACT_BYTES = 1 << 20;

    private final Path file;
    private final Map<String, RunTask> open = new LinkedHashMap<>();
    private final Map<String, ProcessStarted> processes = new LinkedHashMap<>();
    private final TreeMap<Long, TaskEvent> events = new TreeMap<>();
    private long highWater;
    private long eventNumber;
    private FileChannel channel;

    public Journal(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            read();
        }
        channel = rewrite();
    }

    /** False if a task with this sequence or a later one was accepted before. On disk when this returns. */
    public synchronized boolean accept(RunTask task) throws IOException {
        if (task.getSequence() <= highWater) {
            return false;
        }
        append(JournalEntry.newBuilder().setReceived(task).build());
        channel.force(false);
        return true;
    }

    public synchronized void processStarted(ProcessStarted started) throws IOException {
        append(JournalEntry.newBuilder().setProcessStarted(started).build());
    }

    /** Numbers the event and keeps it until it is acknowledged. */
    public synchronized TaskEvent record(TaskEvent.Builder event) throws IOException {
        TaskEvent numbered = event.setNumber(eventNumber + 1).build();
        append(JournalEntry.newBuilder().setEvent(numbered).build());
        return numbered;
    }

    public synchronized void acked(long number) throws IOException {
        if (!events.isEmpty() && events.firstKey() <= number) {
            append(JournalEntry.newBuilder().setEventsAcked(number).build());
            if (channel.size() > COMPACT_BYTES) {
                channel.close();
                channel = rewrite();
            }
        }
    }

    /** Events that are not acknowledged, in order. */
    public synchronized List<TaskEvent> unacknowledged() {
        return new ArrayList<>(events.values());
    }

    /** Tasks that are accepted and have not ended. */
    public synchronized List<RunTask> openTasks() {
        return new ArrayList<>(open.values());
    }

    /** Processes of tasks that have not ended, as an earlier process of the agent left them. */
    public synchronized List<ProcessStarted> openProcesses() {
        return new ArrayList<>(processes.values());
    }

    /** Ids of tasks that run or whose end is not acknowledged yet. */
    public synchronized List<String> taskIds() {
        List<String> ids = new ArrayList<>(open.keySet());
        for (TaskEvent event : events.values()) {
            if (!ids.contains(event.getTaskId())) {
                ids.add(event.getTaskId());
            }
        }
        return ids;
    }

    /** Highest sequence that was accepted. */
    public synchronized long highWater() {
        return highWater;
    }

    private void read() throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            for (JournalEntry entry = JournalEntry.parseDelimitedFrom(in);
                    entry != null;
                    entry = JournalEntry.parseDelimitedFrom(in)) {
                apply(entry);
            }
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            // the process died while it wrote the last entry: that entry was never relied on
        }
    }

    private void append(JournalEntry entry) throws IOException {
        write(channel, entry);
        apply(entry);
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

    private FileChannel rewrite() throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel out = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            write(
                    out,
                    JournalEntry.newBuilder()
                            .setHighWater(HighWater.newBuilder()
                                    .setSequence(highWater)
                                    .setEventNumber(eventNumber))
                            .build());
            for (RunTask task : open.values()) {
                write(out, JournalEntry.newBuilder().setReceived(task).build());
            }
            for (ProcessStarted process : processes.values()) {
                write(out, JournalEntry.newBuilder().setProcessStarted(process).build());
            }
            for (TaskEvent event : events.values()) {
                write(out, JournalEntry.newBuilder().setEvent(event).build());
            }
            out.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        FileChannel appender = FileChannel.open(file, StandardOpenOption.WRITE);
        appender.position(appender.size());
        return appender;
    }

    private static void write(FileChannel out, JournalEntry entry) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        entry.writeDelimitedTo(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray());
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        channel.close();
    }
}
