package dev.muster.registry.terminal.watch;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.records.v1.Skipped;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import dev.muster.registry.terminal.history.LiveTerminal;
import dev.muster.registry.terminal.output.Position;
import java.util.List;
import java.util.function.Consumer;

/**
 * The frames of one terminal, for all its watchers: at most one per lease and record, unless it would be too large.
 * Each frame begins where the last one ended. Confined to the thread of its task.
 */
public final class TerminalFrames {
    private final TextFrames text = new TextFrames();
    private final RawFrames raw = new RawFrames();
    private Consumer<TerminalViewRecord> out = record -> {};
    private List<Leases.Lease> leases = List.of();
    private boolean hasText;
    private boolean hasRaw;
    /** No watcher of the text has budget for it: no text is made, only positions. */
    private boolean skipsText;

    private Position from = Position.START;
    private long nowMillis;

    /**
     * A record begins.
     *
     * @param frames takes records that lack the ids of node and terminal
     */
    public void begin(List<Leases.Lease> living, Position at, long atMillis, Consumer<TerminalViewRecord> frames) {
        out = frames;
        leases = living;
        from = at;
        nowMillis = atMillis;
        boolean hadText = hasText;
        hasText = living.stream().anyMatch(lease -> lease.mode() == WatchMode.WATCH_MODE_TEXT);
        skipsText = hasText
                && living.stream()
                        .allMatch(lease -> lease.mode() != WatchMode.WATCH_MODE_TEXT
                                || lease.budget().isExhausted(atMillis));
        hasRaw = living.stream().anyMatch(lease -> lease.mode() == WatchMode.WATCH_MODE_RAW);
        if (skipsText || (hadText && !hasText)) {
            text.forget();
        }
    }

    public void line(long number, byte[] utf8, int offset, int length, long atMillis) {
        if (hasText && !skipsText) {
            text.line(number, utf8, offset, length, atMillis);
        }
    }

    public void data(ByteString data, Position at) {
        if (hasRaw) {
            raw.data(data, at);
        }
    }

    /** @param offset where the marker stands */
    public void marker(Marker marker, long offset, long number) {
        if (skipsText && marker.hasExit()) {
            // the end is always shown: the output before it is skipped, but not the lines that it makes final
            skip(new Position(offset, number - 1));
        }
        if (hasRaw) {
            raw.marker(marker, offset, number);
        }
        if (hasText && !skipsText && marker.hasResize()) {
            text.resized(marker.getResize());
        }
        if (hasText && marker.hasExit()) {
            text.ended(marker.getExit());
        }
    }

    /** The terminal has moved on: sends frames that are large enough already. */
    public void advanced(LiveTerminal terminal) {
        if ((hasText && !skipsText && text.isFull()) || (hasRaw && raw.isFull())) {
            send(terminal);
        }
    }

    /** The record ends: sends what there is. */
    public void end(LiveTerminal terminal) {
        if (!terminal.position().equals(from) && terminal.exists()) {
            send(terminal);
        }
        leases = List.of();
    }

    private void send(LiveTerminal terminal) {
        Position to = terminal.position();
        if (skipsText) {
            skipText(to);
        } else if (hasText) {
            TerminalViewRecord frame = text.take(terminal, from, to).build();
            emit(frame, WatchMode.WATCH_MODE_TEXT, frame.getLines().hasEnded());
        }
        if (hasRaw) {
            TerminalViewRecord frame = raw.take(from, to).build();
            int last = frame.getRaw().getChunksCount() - 1;
            boolean ended =
                    last >= 0 && frame.getRaw().getChunks(last).getMarker().hasExit();
            emit(frame, WatchMode.WATCH_MODE_RAW, ended);
        }
        from = to;
    }

    private void skip(Position to) {
        if (!to.equals(from)) {
            skipText(to);
            if (hasRaw) {
                emit(raw.take(from, to).build(), WatchMode.WATCH_MODE_RAW, false);
            }
            from = to;
        }
        skipsText = false;
    }

    private void skipText(Position to) {
        for (Leases.Lease lease : leases) {
            if (lease.mode() == WatchMode.WATCH_MODE_TEXT) {
                out.accept(TerminalViewRecord.newBuilder()
                        .setUser(lease.user())
                        .setMode(WatchMode.WATCH_MODE_TEXT)
                        .setFrom(from.toMark())
                        .setTo(to.toMark())
                        .setSkipped(Skipped.newBuilder().setReason("rate"))
                        .build());
            }
        }
    }

    private void emit(TerminalViewRecord frame, WatchMode mode, boolean always) {
        int size = frame.getSerializedSize();
        for (Leases.Lease lease : leases) {
            if (lease.mode() != mode) {
                continue;
            }
            TerminalViewRecord.Builder record =
                    frame.toBuilder().setUser(lease.user()).setMode(mode);
            boolean paid = lease.budget().spend(size, nowMillis);
            if (!paid && !always) {
                record.setSkipped(Skipped.newBuilder().setReason("rate"));
                text.forget();
            }
            out.accept(record.build());
        }
    }
}
