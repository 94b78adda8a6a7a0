package dev.muster.terminal.engine;

/** Functions on rectangular areas (DEC STD 070, VT400): DECFRA, DECERA, DECSERA, DECCRA. */
final class Rectangles {

    private final Screen screen;

    Rectangles(Screen screen) {
        this.screen = screen;
    }

    /** Rows and columns from 0, both ends inclusive, within the window or, in origin mode, within the margins. */
    private record Area(int top, int left, int bottom, int right) {
        boolean isEmpty() {
            return top > bottom || left > right;
        }
    }

    private Area area(int[] params, int count, int at) {
        boolean origin = screen.modes().is(Modes.ORIGIN);
        int rowBase = origin ? screen.margins().top : 0;
        int columnBase = origin ? screen.margins().left : 0;
        int lastRow = origin ? screen.margins().bottom : screen.rows() - 1;
        int lastColumn = origin ? screen.margins().right : screen.cols() - 1;
        return new Area(
                rowBase + Math.max(param(params, count, at), 1) - 1,
                columnBase + Math.max(param(params, count, at + 1), 1) - 1,
                last(rowBase, param(params, count, at + 2), lastRow),
                last(columnBase, param(params, count, at + 3), lastColumn));
    }

    private static int last(int base, int param, int limit) {
        return param == 0 ? limit : Math.min(base + param - 1, limit);
    }

    private static int param(int[] params, int count, int at) {
        return at < count ? params[at] : 0;
    }

    void fill(int[] params, int count) {
        int character = param(params, count, 0);
        Area area = area(params, count, 1);
        if (area.isEmpty() || character < 0x20 || (character >= 0x7f && character < 0xa0) || character > 0xff) {
            return;
        }
        for (int y = area.top; y <= area.bottom; y++) {
            for (int x = area.left; x <= area.right; x++) {
                screen.touched(y).put(x, character, 1, screen.isGuarding() ? Row.PROTECTED : 0);
            }
        }
    }

    void erase(int[] params, int count, boolean selective) {
        Area area = area(params, count, 0);
        if (area.isEmpty()) {
            return;
        }
        for (int y = area.top; y <= area.bottom; y++) {
            if (selective) {
                screen.grid().row(y).eraseUnprotected(area.left, area.right + 1);
            } else {
                screen.grid().row(y).erase(area.left, area.right + 1);
            }
        }
    }

    void copy(int[] params, int count) {
        Area from = area(params, count, 0);
        // parameters 5 and 8 are pages, and there is only one page
        Area to = area(new int[] {param(params, count, 5), param(params, count, 6)}, 2, 0);
        if (from.isEmpty() || to.isEmpty()) {
            return;
        }
        int height = Math.min(from.bottom - from.top, to.bottom - to.top) + 1;
        int width = Math.min(from.right - from.left, to.right - to.left) + 1;
        Row[] source = new Row[height];
        for (int i = 0; i < height; i++) {
            source[i] = new Row();
            source[i].copyCells(screen.grid().row(from.top + i), from.left, 0, width);
        }
        for (int i = 0; i < height; i++) {
            screen.touched(to.top + i).copyCells(source[i], 0, to.left, width);
        }
    }
}
