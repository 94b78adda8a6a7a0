package dev.muster.bench.load;

import com.google.protobuf.UnsafeByteOperations;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tasks of one simulated agent. Each prints a page of a build log and succeeds at once, except
 * {@link SimFleet#OPEN_TASK}, which runs on and whose terminal is left to the benchmark. Reports that were sent before
 * a connection was lost are not repeated, so this is for fleets that keep their connections. Confined to its
 * connection's thread, except {@link #highWater}.
 */
final class SimTasks {
    private static final int LINES = 24;
    private static final byte[] PAGE = page();

    private final Channels channels;
    private final int agent;
    private final SimNode node;
    private final Consumer<AgentMessage> control;
    private @Nullable RawCall output;
    private String outputSession = "";
    private long events;
    private volatile long highWater;

    /** @param control sends on the control stream of the moment */
    SimTasks(Channels channels, int agent, SimNode node, Consumer<AgentMessage> control) {
        this.channels = channels;
        this.agent = agent;
        this.node = node;
        this.control = control;
    }

    /** The highest sequence of a task so far. */
    long highWater() {
        return highWater;
    }

    void run(RunTask task, String session) {
        if (task.getSequence() <= highWater) {
            return; // asked for again
        }
        highWater = task.getSequence();
        long now = System.currentTimeMillis();
        say(event(task).setStarted(TaskStarted.newBuilder().setAtMillis(now)));
        if (task.getCommand().equals(SimFleet.OPEN_TASK)) {
            return;
        }
        RawCall out = output(session);
        out.send(chunk(task, 0, 1)
                .setMarker(Marker.newBuilder().setAtMillis(now).setStart(Start.getDefaultInstance()))
                .build()
                .toByteArray());
        out.send(chunk(task, 0, 1)
                .setData(UnsafeByteOperations.unsafeWrap(PAGE))
                .build()
                .toByteArray());
        out.send(chunk(task, PAGE.length, 2)
                .setMarker(Marker.newBuilder().setAtMillis(now).setExit(Exit.getDefaultInstance()))
                .build()
                .toByteArray());
        say(event(task)
                .setEnded(TaskEnded.newBuilder()
                        .setAtMillis(now)
                        .setOutputBytes(PAGE.length)
                        .setCause(TaskEndCause.TASK_END_CAUSE_EXITED)));
    }

    private RawCall output(String session) {
        RawCall open = output;
        if (open != null && !open.isOver() && outputSession.equals(session)) {
            return open;
        }
        RawCall next =
                new RawCall(channels, agent, AgentIngressGrpc.getPublishOutputMethod(), node, session, status -> {});
        next.request(Integer.MAX_VALUE);
        output = next;
        outputSession = session;
        return next;
    }

    private void say(TaskEvent.Builder event) {
        control.accept(AgentMessage.newBuilder().setTaskEvent(event).build());
    }

    private TaskEvent.Builder event(RunTask task) {
        return TaskEvent.newBuilder().setNumber(++events).setTaskId(task.getTaskId());
    }

    private static OutputChunk.Builder chunk(RunTask task, long offset, long marker) {
        return OutputChunk.newBuilder()
                .setTerminalId(task.getTaskId())
                .setOffset(offset)
                .setMarkerNumber(marker);
    }

    private static byte[] page() {
        StringBuilder page = new StringBuilder();
        for (int line = 1; line <= LINES; line++) {
            page.append("[")
                    .append(line)
                    .append("/")
                    .append(LINES)
                    .append("] compiling part ")
                    .append(line)
                    .append(" of the simulated build\r\n");
        }
        return page.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
