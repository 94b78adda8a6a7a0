package dev.muster.fanout.live.terminals;

import dev.muster.fanout.live.frames.AttachFrames;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.frames.Marks;
import dev.muster.fanout.live.frames.Picture;
import dev.muster.fanout.log.tokens.ResumeTokens.TerminalPoint;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Joins the shown content of a terminal, scrollback or a repaint, to what the client already has, and joins the live
 * records to that. The lease's answer says that all output after it will come. A read after that answer is at least as
 * new. So each record behind the answer either ends before what was read, and is dropped, or continues from it. Pure.
 * Not thread-safe.
 */
final class OutputSeam {
    /** How a record continues the client's state. */
    enum Step {
        /** It ends before. */
        KNOWN,
        /** All of it is new. */
        WHOLE,
        /** It begins before: what lies behind the mark is new. */
        CUT,
        /** Something before it, or in it, is missing: the registry has it. */
        MISSING
    }

    /** What the open frame's token says about a terminal. */
    interface Points {
        /** @return null: nothing; each is given once */
        @Nullable
        TerminalPoint take(String terminal, WatchMode mode);
    }

    private static final String NOT_HERE = "missing";

    private final ClientOp.Attach asked;
    private final Points points;
    private String terminal = "";
    /** Up to where the client says that it has it; null: it says nothing. */
    private @Nullable TerminalPoint from;

    private boolean introduced;
    private Mark mark = Mark.getDefaultInstance();
    private long finalLine;
    private @Nullable String skipReason;
    private @Nullable TerminalPoint told;

    OutputSeam(ClientOp.Attach asked, Points points) {
        this.asked = asked;
        this.points = points;
    }

    /** The terminal is found. */
    void begin(String found) {
        terminal = found;
        from = asked.resume() ? points.take(found, asked.mode()) : null;
    }

    // ---------------------------------------------------------------- pictures

    /** What need not be read. */
    PictureReader.Known known() {
        return new PictureReader.Known(introduced, finalLine, from);
    }

    /** Whether the client was shown the terminal. */
    boolean isIntroduced() {
        return introduced;
    }

    /** The frame that goes before the first picture; null: it was sent. */
    @Nullable
    ByteBuffer introduction(Role role, Picture picture) {
        return introduced ? null : AttachFrames.introduction(asked, terminal, role, picture, from);
    }

    /** The frame that reports what the client does not get before a picture; null: nothing. */
    @Nullable
    ByteBuffer skipped(Picture picture) {
        @Nullable TerminalPoint point = from;
        if (introduced) {
            String reason = skipReason == null ? NOT_HERE : skipReason;
            return AttachFrames.skipped(asked, terminal, mark.getOffset(), finalLine, picture, reason);
        }
        return point == null
                ? null
                : AttachFrames.skipped(asked, terminal, point.offset(), point.line(), picture, "resumed");
    }

    /** The picture was shown; live output goes on from there. */
    void showed(Picture picture) {
        introduced = true;
        skipReason = null;
        mark = picture.mark();
        finalLine = picture.finalLine();
    }

    // ---------------------------------------------------------------- live

    Step step(TerminalViewRecord record) {
        if (Marks.compare(record.getTo(), mark) <= 0) {
            return Step.KNOWN;
        }
        int begins = Marks.compare(record.getFrom(), mark);
        // a lease that is renewed tells of output that came while it had run out
        if (begins > 0 || record.hasSkipped()) {
            return Step.MISSING;
        }
        return begins == 0 || record.hasLines() ? Step.WHOLE : Step.CUT;
    }

    /** What a record brings is sent. */
    void passed(TerminalViewRecord record) {
        mark = record.getTo();
        if (record.hasLines()) {
            finalLine = record.getLines().getFinal();
        }
        tell();
    }

    /** A record cannot be shown: a picture comes first. */
    void missed(TerminalViewRecord record) {
        skip(record.hasSkipped() ? record.getSkipped().getReason() : NOT_HERE);
    }

    /** Records are passed over: a picture comes next. */
    void skip(String reason) {
        skipReason = reason;
    }

    /** Up to here all is sent or shown. */
    Mark mark() {
        return mark;
    }

    // ---------------------------------------------------------------- for a token

    /** The client has all up to the mark. */
    void tell() {
        told = new TerminalPoint(asked.mode(), terminal, mark.getOffset(), mark.getMarkerNumber(), finalLine);
    }

    /** How far the client has it, for a token; null: it has nothing yet. */
    @Nullable
    TerminalPoint point() {
        return told != null ? told : from;
    }
}
