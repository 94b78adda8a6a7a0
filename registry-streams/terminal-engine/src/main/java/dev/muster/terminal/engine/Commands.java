package dev.muster.terminal.engine;

/**
 * What each control function does to a {@link Screen}. Sources: ECMA-48 (5th edition), DEC STD 070, and the list of
 * xterm control sequences. Functions that only report or only change looks are left out on purpose.
 */
final class Commands implements TerminalOps {

    private final Screen screen;
    private final Rectangles rectangles;

    Commands(Screen screen) {
        this.screen = screen;
        rectangles = new Rectangles(screen);
    }

    @Override
    public void printAscii(byte[] bytes, int from, int to) {
        screen.printAscii(bytes, from, to);
    }

    @Override
    public void print(int codePoint) {
        screen.print(codePoint);
    }

    @Override
    public void control(int c0) {
        screen.forgetPrinted();
        switch (c0) {
            case '\n' -> screen.lineMoves().lineFeed();
            case '\r' -> screen.cursor().carriageReturn();
            case '\b' -> screen.cursor().backspace(screen.grid());
            case '\t' -> screen.cursor().tab(1);
            case 0x0b, 0x0c -> screen.lineMoves().verticalTab();
            case 0x0e -> shift(1);
            case 0x0f -> shift(0);
            default -> {}
        }
    }

    @Override
    public void escape(int intermediates, int last) {
        screen.forgetPrinted();
        switch (intermediates & 0xff) { // a second one belongs to a set that is not known
            case 0 -> plainEscape(last);
            case '(', ')', '*', '+' -> {
                screen.charsets().designate((intermediates & 0xff) - '(', intermediates < 0x100 ? last : 'B');
                screen.settingsChanged();
            }
            case '-', '.', '/' -> { // sets of 96 characters: their lower half is not one we know
                screen.charsets().designate((intermediates & 0xff) - '-' + 1, 'B');
                screen.settingsChanged();
            }
            case '#' -> {
                if (last == '8' && intermediates == '#') {
                    screen.alignmentPattern();
                }
            }
            default -> {}
        }
    }

    private void plainEscape(int last) {
        switch (last) {
            case '7' -> screen.saveCursor();
            case '8' -> screen.restoreCursor();
            case '9' -> screen.editing().forwardIndex();
            case '=' -> screen.mode(Modes.KEYPAD, true);
            case '>' -> screen.mode(Modes.KEYPAD, false);
            case 'D' -> screen.lineMoves().index();
            case 'E' -> {
                screen.touched(screen.cursor().y).unwrap();
                screen.lineMoves().index();
                screen.cursor().carriageReturn();
            }
            case 'H' -> screen.tabs().set(screen.cursor().x);
            case 'M' -> screen.lineMoves().reverseIndex();
            case 'N' -> shiftOnce(2);
            case 'O' -> shiftOnce(3);
            case 'V' -> screen.guard(true, true);
            case 'W' -> screen.guard(false, true);
            case 'c' -> screen.hardReset();
            case 'n' -> shift(2);
            case 'o' -> shift(3);
            default -> {}
        }
    }

    private void shift(int g) {
        screen.charsets().shift(g);
        screen.settingsChanged();
    }

    private void shiftOnce(int g) {
        screen.charsets().shiftOnce(g);
        screen.settingsChanged();
    }

    @Override
    public void csi(int prefix, int intermediates, int last, int[] params, int count) {
        int first = count == 0 ? 0 : params[0];
        if (prefix == 0 && intermediates == 0 && last == 'b') {
            screen.repeat(Math.max(first, 1));
            return;
        }
        screen.forgetPrinted();
        if (prefix == '?' && intermediates == 0) {
            privateCsi(last, first, params, count);
        } else if (prefix == 0 && intermediates == 0) {
            plainCsi(last, first, params, count);
        } else if (prefix == 0) {
            csiWithIntermediate(intermediates, last, first, params, count);
        }
    }

    private void plainCsi(int last, int first, int[] params, int count) {
        int n = Math.max(first, 1);
        int second = count > 1 ? params[1] : 0;
        switch (last) {
            case 'm' -> {}
            case '@' -> screen.editing().insertCharacters(n);
            case 'A' -> screen.cursor().up(n);
            case 'B' -> screen.cursor().down(n);
            case 'C' -> screen.cursor().forward(n);
            case 'D' -> screen.cursor().back(n, screen.grid());
            case 'E' -> {
                screen.cursor().down(n);
                screen.cursor().carriageReturn();
            }
            case 'F' -> {
                screen.cursor().up(n);
                screen.cursor().carriageReturn();
            }
            case 'G', '`' -> screen.cursor().toColumn(n - 1);
            case 'H', 'f' -> {
                screen.cursor().toRow(n - 1);
                screen.cursor().toColumn(Math.max(second, 1) - 1);
            }
            case 'I' -> screen.cursor().tab(n);
            case 'J' -> screen.erasing().eraseDisplay(first, false);
            case 'K' -> screen.erasing().eraseLine(first, false);
            case 'L' -> screen.editing().insertLines(n);
            case 'M' -> screen.editing().deleteLines(n);
            case 'P' -> screen.editing().deleteCharacters(n);
            case 'S' -> screen.editing().scrollUp(n);
            case 'T' -> {
                if (count <= 1) { // with five parameters it is mouse tracking
                    screen.editing().scrollDown(n);
                }
            }
            case '^' -> screen.editing().scrollDown(n);
            case 'X' -> screen.erasing().eraseCharacters(n);
            case 'Z' -> screen.cursor().backTab(n);
            case 'a' -> screen.cursor().shiftColumn(n);
            case 'd' -> screen.cursor().toRow(n - 1);
            case 'e' -> screen.cursor().shiftRow(n);
            case 'g' -> clearTabs(first);
            case 'h' -> ansiModes(params, count, true);
            case 'j' -> screen.cursor().shiftColumn(-n);
            case 'k' -> screen.cursor().shiftRow(-n);
            case 'l' -> ansiModes(params, count, false);
            case 'r' -> screen.rowMargins(n - 1, (second == 0 ? screen.rows() : second) - 1);
            case 's' -> {
                if (screen.modes().is(Modes.LEFT_RIGHT_MARGINS)) {
                    screen.columnMargins(n - 1, (second == 0 ? screen.cols() : second) - 1);
                } else {
                    screen.saveCursor();
                }
            }
            case 'u' -> screen.restoreCursor();
            default -> {}
        }
    }

    private void clearTabs(int what) {
        if (what == 0) {
            screen.tabs().clear(screen.cursor().x);
        } else if (what == 3) {
            screen.tabs().clearAll();
        }
    }

    private void ansiModes(int[] params, int count, boolean on) {
        for (int i = 0; i < count; i++) {
            if (params[i] == 4) {
                screen.mode(Modes.INSERT, on);
            } else if (params[i] == 20) {
                screen.mode(Modes.NEW_LINE, on);
            }
        }
    }

    private void privateCsi(int last, int first, int[] params, int count) {
        switch (last) {
            case 'J' -> screen.erasing().eraseDisplay(first, true);
            case 'K' -> screen.erasing().eraseLine(first, true);
            case 'W' -> {
                if (first == 5) {
                    screen.tabs().reset();
                }
            }
            case 'h', 'l' -> {
                for (int i = 0; i < count; i++) {
                    privateMode(params[i], last == 'h');
                }
            }
            case 's' -> {
                for (int i = 0; i < count; i++) {
                    screen.modes().remember(Modes.privateMode(params[i]));
                }
            }
            case 'r' -> {
                for (int i = 0; i < count; i++) {
                    int mode = Modes.privateMode(params[i]);
                    if (mode != 0) {
                        screen.mode(mode, screen.modes().isRemembered(mode));
                    }
                }
            }
            default -> {}
        }
    }

    private void privateMode(int number, boolean on) {
        switch (number) {
            case 3 -> screen.columnMode();
            case 47 -> screen.alternate(on);
            case 1047 -> {
                if (!on && screen.isAlternate()) {
                    screen.erasing().eraseDisplay(2, false);
                }
                screen.alternate(on);
            }
            case 1048 -> {
                if (on) {
                    screen.saveCursor();
                } else {
                    screen.restoreCursor();
                }
            }
            case 1049 -> {
                if (on) {
                    screen.saveCursor();
                    screen.alternate(true);
                    screen.erasing().eraseDisplay(2, false);
                } else {
                    screen.alternate(false);
                    screen.restoreCursor();
                }
            }
            default -> {
                int mode = Modes.privateMode(number);
                if (mode != 0) {
                    screen.mode(mode, on);
                }
            }
        }
    }

    private void csiWithIntermediate(int intermediates, int last, int first, int[] params, int count) {
        int n = Math.max(first, 1);
        switch ((intermediates << 8) | last) {
            case (' ' << 8) | '@' -> screen.editing().shiftLeft(n);
            case (' ' << 8) | 'A' -> screen.editing().shiftRight(n);
            case ('!' << 8) | 'p' -> screen.softReset();
            case ('"' << 8) | 'q' -> screen.guard(first == 1, false);
            case ('\'' << 8) | '}' -> screen.editing().insertColumnsHere(n);
            case ('\'' << 8) | '~' -> screen.editing().deleteColumnsHere(n);
            case ('$' << 8) | 'x' -> rectangles.fill(params, count);
            case ('$' << 8) | 'z' -> rectangles.erase(params, count, false);
            case ('$' << 8) | '{' -> rectangles.erase(params, count, true);
            case ('$' << 8) | 'v' -> rectangles.copy(params, count);
            default -> {}
        }
    }
}
