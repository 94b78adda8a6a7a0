package dev.muster.terminal.engine;

/**
 * Bytes that a terminal received to the numbered lines that a person would have seen, in bounded memory.
 *
 * <p>Everything is a function of the bytes fed and of the resizes between them: how they were split into calls, and
 * whether the engine was saved and restored in between, changes nothing. Not thread-safe.
 *
 * <p>An engine with times ({@link #timed}) also tells when each line began: the caller says at which time it read the
 * bytes that it feeds. A row of the window has the time at which something was first written to it since it was last
 * blank; a row that is ended without text has the time of its line end. A line has the time of its first row, or that
 * of the line before it, if that is later: times never go back from one line to the next.
 */
public final class TerminalEngine {
    /** No time lies beyond this. */
    public static final long MILLIS_MAX = 1L << 53;

    private static final int STATE_WITHOUT_TIMES = 1;
    private static final int STATE_WITH_TIMES = 2;

    private final int lineBytesMax;
    private final boolean lfIsCrlf;
    private final boolean timed;
    private final History history;
    private final Screen screen;
    private final Parser parser;

    /**
     * An engine without times.
     *
     * @param finals receives each line exactly once, in order, when it becomes final; during {@link #feed}, {@link
     *     #resize} and {@link #end}; it must not call the engine
     */
    public TerminalEngine(TerminalOptions options, LineSink finals) {
        this(options, false, finals);
    }

    private TerminalEngine(TerminalOptions options, boolean timed, LineSink finals) {
        this.timed = timed;
        lineBytesMax = options.lineBytesMax();
        lfIsCrlf = options.lfIsCrlf();
        history = new History(lineBytesMax, finals);
        screen = new Screen(options.width(), options.rows(), lfIsCrlf, history);
        parser = new Parser(new Commands(screen));
    }

    /** An engine that tells the times of lines, also after it was saved and restored. */
    public static TerminalEngine timed(TerminalOptions options, LineSink finals) {
        return new TerminalEngine(options, true, finals);
    }

    /** Bytes that were read at a time that is not known, or does not matter. */
    public void feed(byte[] bytes, int offset, int length) {
        feed(bytes, offset, length, 0);
    }

    /** @param atMillis when the bytes were read, up to {@link #MILLIS_MAX}; an engine without times ignores it */
    public void feed(byte[] bytes, int offset, int length, long atMillis) {
        long millis = timed ? Math.max(0, Math.min(atMillis, MILLIS_MAX)) : 0;
        screen.time(millis);
        history.begin(millis);
        parser.feed(bytes, offset, length);
    }

    /**
     * Changes the size of the window. Text is not wrapped again: rows keep their text, even beyond a smaller width.
     * With fewer rows, those at the top become final. Sizes are clamped as in {@link TerminalOptions}.
     */
    public void resize(int cols, int rows) {
        TerminalOptions size = new TerminalOptions(cols, rows, lfIsCrlf, lineBytesMax);
        screen.resize(size.width(), size.rows());
    }

    /** The stream is over: what is in the window becomes final, without blank rows at its end. */
    public void end() {
        screen.end();
    }

    /** Lines with a number below this are final. */
    public long finalLines() {
        return history.finalLines();
    }

    /** There are no lines at or above this number now. */
    public long nextLine() {
        return history.nextLine(screen.primary());
    }

    /**
     * The lines from {@link #finalLines} to {@link #nextLine} as they are now: soft wraps joined, trimmed on the right.
     * While a full-screen program uses the alternate screen these are the lines from before it. Times may change with
     * the lines.
     */
    public void window(LineSink sink) {
        history.window(screen.primary(), sink);
    }

    /** Those lines of {@link #window} that are new or have changed since they were last taken. */
    public void takeChanged(LineSink sink) {
        history.takeChanged(screen.primary(), sink);
    }

    public int cols() {
        return screen.cols();
    }

    public int rows() {
        return screen.rows();
    }

    /** Strings (as in OSC or DCS) without an end that were given up so far; what followed them was read as text. */
    public long resyncs() {
        return parser.resyncs();
    }

    Screen screen() {
        return screen;
    }

    /** All of the engine's state but its {@link LineSink}: about 60 bytes and the window's text for a plain log. */
    public byte[] save() {
        StateWriter out = new StateWriter();
        out.number(timed ? STATE_WITH_TIMES : STATE_WITHOUT_TIMES);
        out.number(screen.cols());
        out.number(screen.rows());
        out.flag(lfIsCrlf);
        out.number(lineBytesMax);
        parser.save(out);
        screen.save(out, timed);
        history.save(out, screen.primary(), timed);
        return out.toBytes();
    }

    /**
     * The engine that {@link #save} was called on. One that was saved by a release without times goes on without them.
     *
     * @throws IllegalArgumentException where the state is damaged or of another version
     */
    public static TerminalEngine restore(byte[] state, LineSink finals) {
        StateReader in = new StateReader(state);
        int version = in.number(Integer.MAX_VALUE);
        if (version != STATE_WITHOUT_TIMES && version != STATE_WITH_TIMES) {
            throw new IllegalArgumentException("terminal state of unknown version " + version);
        }
        int cols = Math.max(1, in.number(TerminalOptions.COLS_MAX));
        int rows = in.number(TerminalOptions.ROWS_MAX);
        TerminalOptions options = new TerminalOptions(cols, rows, in.flag(), in.number(Integer.MAX_VALUE));
        TerminalEngine engine = new TerminalEngine(options, version == STATE_WITH_TIMES, finals);
        engine.parser.restore(in);
        engine.screen.restore(in, engine.timed);
        engine.history.restore(in, engine.screen.primary(), engine.timed);
        in.expectEnd();
        return engine;
    }

    /**
     * Bytes that bring a blank terminal of the same size to the present contents of the window (and of the alternate
     * screen), cursor, margins, tab stops, character sets and modes. Colours and other looks are not kept, so repainted
     * text is plain until the program draws it again.
     */
    public byte[] repaint() {
        return new Repaint(screen).toBytes();
    }
}
