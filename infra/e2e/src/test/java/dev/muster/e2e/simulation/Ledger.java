package dev.muster.e2e.simulation;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;

/** What really happened on the machines: the commands that ran, and their output. */
final class Ledger {
    private final Map<String, Printed> terminals = new LinkedHashMap<>();
    private final Map<String, Integer> executions = new LinkedHashMap<>();
    private final List<ObjLongConsumer<String>> ackListeners = new ArrayList<>();
    private long starts;

    /** The output of one terminal as it came out of its process and was taken by the agent. */
    static final class Printed {
        private final String nodeId;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final List<String> lines = new ArrayList<>();
        private String open = "";
        private long ackedBytes;
        private boolean diskLost;

        Printed(String nodeId) {
            this.nodeId = nodeId;
        }

        String nodeId() {
            return nodeId;
        }

        int size() {
            return bytes.size();
        }

        /** The first so many bytes. */
        String text(long bytesMax) {
            return new String(bytes.toByteArray(), 0, (int) bytesMax, StandardCharsets.US_ASCII);
        }

        /** What came after the last whole line. */
        String open() {
            return open;
        }

        /** Whole lines so far. */
        List<String> lines() {
            return lines;
        }

        /** How far the agent was told that its output is safe. */
        long ackedBytes() {
            return ackedBytes;
        }

        /** Whether the agent lost output that it had not been told was safe. */
        boolean isDiskLost() {
            return diskLost;
        }

        static List<String> linesOf(String text) {
            List<String> all = new ArrayList<>(List.of(text.replace("\r", "").split("\n", -1)));
            if (all.get(all.size() - 1).isEmpty()) {
                all.remove(all.size() - 1);
            }
            return all;
        }
    }

    void executed(String taskId, String nodeId) {
        starts++;
        executions.merge(taskId, 1, Integer::sum);
        terminals.putIfAbsent(taskId, new Printed(nodeId));
    }

    void printed(String taskId, byte[] bytes) {
        Printed printed = of(taskId);
        printed.bytes.writeBytes(bytes);
        String text = printed.open + new String(bytes, StandardCharsets.US_ASCII);
        int end;
        int from = 0;
        while ((end = text.indexOf('\n', from)) >= 0) {
            printed.lines.add(text.substring(from, end).replace("\r", ""));
            from = end + 1;
        }
        printed.open = text.substring(from);
    }

    void onAck(ObjLongConsumer<String> listener) {
        ackListeners.add(listener);
    }

    /** A gateway tells an agent that it holds everything before the offset. */
    void acked(String taskId, long offset) {
        ackListeners.forEach(listener -> listener.accept(taskId, offset));
        Printed printed = terminals.get(taskId);
        if (printed != null) {
            printed.ackedBytes = Math.max(printed.ackedBytes, offset);
        }
    }

    /** The disk is gone: what was not acknowledged can be lost. */
    void diskLost(String nodeId) {
        terminals.values().stream().filter(t -> t.nodeId.equals(nodeId)).forEach(t -> t.diskLost = true);
    }

    Map<String, Printed> terminals() {
        return terminals;
    }

    /** Printed and not known to be safe. */
    long heldBytes(String taskId) {
        Printed printed = of(taskId);
        return printed.size() - printed.ackedBytes;
    }

    /** Commands started in all. */
    long starts() {
        return starts;
    }

    Map<String, Integer> executions() {
        return executions;
    }

    private Printed of(String taskId) {
        Printed printed = terminals.get(taskId);
        if (printed == null) {
            throw new IllegalStateException("output of a command that was never started: " + taskId);
        }
        return printed;
    }
}
