package dev.muster.cli.terminal;

import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.PlainText;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;

/**
 * This terminal's screen while it shows another one. A notice stands on the last row, where the next repaint removes
 * it. A remark is a line of its own. Thread-safe: nothing is shown after {@link #leave}.
 */
final class SessionScreen {
    /** Attributes off, cursor home, screen clear: what a repaint begins with. */
    private static final String BLANK = "\033[m\033[H\033[2J";

    /** Cursor saved, to the last row, which is cleared, reverse. */
    private static final String NOTICE = "\0337\033[999;1H\033[m\033[2K\033[7m muster: ";

    /** Attributes off, cursor back. */
    private static final String NOTICE_END = " \033[m\0338";

    private final CliIo io;
    private final boolean dumb;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean left;

    SessionScreen(CliIo io) {
        this.io = io;
        String terminal = io.variables().getOrDefault("TERM", "dumb");
        dumb = terminal.isEmpty() || terminal.equals("dumb");
    }

    /** The node's bytes. */
    void show(byte[] bytes, boolean repaint) {
        if (repaint) {
            write(BLANK.getBytes(StandardCharsets.US_ASCII));
        }
        write(bytes);
    }

    void notice(String line) {
        if (dumb) {
            remark(line);
        } else {
            write((NOTICE + PlainText.of(line) + NOTICE_END).getBytes(StandardCharsets.UTF_8));
        }
    }

    void remark(String line) {
        write(("\r\nmuster: " + PlainText.of(line) + "\r\n").getBytes(StandardCharsets.UTF_8));
    }

    /** From now on nothing is shown. Does not wait for a terminal that accepts no bytes. */
    void leave() {
        left = true;
    }

    private void write(byte[] bytes) {
        lock.lock();
        try {
            if (!left) {
                io.write(bytes);
                io.flush();
            }
        } finally {
            lock.unlock();
        }
    }
}
