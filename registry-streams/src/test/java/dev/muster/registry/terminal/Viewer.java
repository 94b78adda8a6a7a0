package dev.muster.registry.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.GetRepaintRequest;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.LinesFrame;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** What a viewer does: waits for its lease, reads what there is, then goes on with the frames from its mark on. */
final class Viewer {
    private final String user;
    private final WatchMode mode;
    private final String watchId;
    private final List<TerminalViewRecord> waiting = new ArrayList<>();
    private final TreeMap<Long, String> lines = new TreeMap<>();

    private boolean leased;
    private Mark cursor = Mark.getDefaultInstance();
    private boolean reading;
    private ByteString raw = ByteString.EMPTY;
    private long rawFrom;
    private boolean ended;
    private int skips;

    Viewer(String user, WatchMode mode, String watchId) {
        this.user = user;
        this.mode = mode;
        this.watchId = watchId;
    }

    boolean isLeased() {
        return leased;
    }

    boolean isReading() {
        return reading;
    }

    boolean isEnded() {
        return ended;
    }

    int skips() {
        return skips;
    }

    long rawFrom() {
        return rawFrom;
    }

    ByteString raw() {
        return raw;
    }

    List<String> lines() {
        return List.copyOf(lines.values());
    }

    void receive(List<TerminalViewRecord> records) {
        for (TerminalViewRecord record : records) {
            if (!record.getUser().equals(user) || record.getMode() != mode) {
                continue;
            }
            assertThat(record.getSerializedSize()).isLessThanOrEqualTo(256 << 10);
            if (record.getLeaseActive().getWatchId().equals(watchId)) {
                leased = true;
            } else if (leased && reading) {
                apply(record);
            } else if (leased) {
                waiting.add(record);
            }
        }
    }

    /** Reads what there is now, which may be more than there was when the lease began. */
    void read(TerminalHarness app) {
        if (mode == WatchMode.WATCH_MODE_TEXT) {
            readHistory(app);
        } else {
            GetRepaintResponse repaint = app.queries()
                    .getRepaint(GetRepaintRequest.newBuilder()
                            .setNodeId(TerminalHarness.NODE)
                            .setTerminalId(TerminalHarness.TERMINAL)
                            .build());
            cursor = repaint.getMark();
            rawFrom = cursor.getOffset();
        }
        reading = true;
        waiting.forEach(this::apply);
        waiting.clear();
    }

    private void readHistory(TerminalHarness app) {
        TerminalHistory history =
                app.page(ReadHistoryRequest.newBuilder().setLines(10_000).setAfter(0));
        cursor = history.getMark();
        lines.clear();
        history.getLinesList().forEach(line -> lines.put(line.getNumber(), line.getText()));
        ended = history.hasExit();
    }

    private void apply(TerminalViewRecord record) {
        if (compare(record.getTo(), cursor) <= 0) {
            return;
        }
        assertThat(compare(record.getFrom(), cursor)).as("a frame that goes on").isLessThanOrEqualTo(0);
        if (record.hasSkipped()) {
            skips++;
        }
        if (record.hasLines()) {
            LinesFrame frame = record.getLines();
            frame.getLinesList().forEach(line -> lines.put(line.getNumber(), line.getText()));
            lines.tailMap(frame.getNextLine()).clear();
            ended |= frame.hasEnded();
        }
        for (OutputChunk chunk : record.getRaw().getChunksList()) {
            ByteString bytes = bytesOf(chunk);
            long at = rawFrom + raw.size();
            if (chunk.getOffset() + bytes.size() > at) {
                assertThat(chunk.getOffset()).isLessThanOrEqualTo(at);
                raw = raw.concat(bytes.substring((int) (at - chunk.getOffset())));
            }
            ended |= chunk.getMarker().hasExit();
        }
        cursor = record.getTo();
    }

    /** Lost bytes as zeros. */
    static ByteString bytesOf(OutputChunk chunk) {
        return chunk.hasMarker()
                ? ByteString.copyFrom(new byte[(int) chunk.getMarker().getGap().getBytes()])
                : chunk.getData();
    }

    private static int compare(Mark left, Mark right) {
        int byOffset = Long.compare(left.getOffset(), right.getOffset());
        return byOffset != 0 ? byOffset : Long.compare(left.getMarkerNumber(), right.getMarkerNumber());
    }
}
