package dev.muster.ingress.session;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;

/** Steps of a terminal's stream, as an agent would send them. */
public final class Chunks {
    public static final String TERMINAL = "tk_01j9aaaaaaaaaaaaaaaaaaaaaa";
    public static final String OTHER = "tk_01j9bbbbbbbbbbbbbbbbbbbbbb";

    private Chunks() {}

    public static OutputChunk start(String terminal) {
        return marker(terminal, 0, 1, Marker.newBuilder().setStart(Start.getDefaultInstance()));
    }

    public static OutputChunk data(String terminal, long offset, long marker, int bytes) {
        return OutputChunk.newBuilder()
                .setTerminalId(terminal)
                .setOffset(offset)
                .setMarkerNumber(marker)
                .setData(ByteString.copyFrom(new byte[bytes]))
                .build();
    }

    public static OutputChunk resize(String terminal, long offset, long number) {
        return marker(
                terminal,
                offset,
                number,
                Marker.newBuilder()
                        .setResize(WindowSize.newBuilder().setCols(80).setRows(24)));
    }

    public static OutputChunk resize(String terminal, long offset, long number, int cols, int rows) {
        return marker(
                terminal,
                offset,
                number,
                Marker.newBuilder()
                        .setResize(WindowSize.newBuilder().setCols(cols).setRows(rows)));
    }

    public static OutputChunk gap(String terminal, long offset, long number, long bytes) {
        return marker(
                terminal,
                offset,
                number,
                Marker.newBuilder().setGap(Gap.newBuilder().setBytes(bytes)));
    }

    public static OutputChunk exit(String terminal, long offset, long number) {
        return marker(terminal, offset, number, Marker.newBuilder().setExit(Exit.getDefaultInstance()));
    }

    private static OutputChunk marker(String terminal, long offset, long number, Marker.Builder marker) {
        return OutputChunk.newBuilder()
                .setTerminalId(terminal)
                .setOffset(offset)
                .setMarkerNumber(number)
                .setMarker(marker)
                .build();
    }
}
