package dev.muster.terminal.engine;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Makes bytes that look like a busy, confused terminal. The same seed gives the same bytes. */
final class EscapeSoup {

    private static final String FINALS = "@ABCDEFGHIJKLMPSTXZ`abdefghjklmnpqrstuvxyz{|}~";
    private static final String[] WHOLE = {
        "\r\n",
        "\n",
        "\r",
        "\b",
        "\t",
        "\0",
        "\007",
        "\013",
        "\014",
        "\016",
        "\017",
        "\030",
        "\032",
        "\033",
        "\177",
        "\0337",
        "\0338",
        "\033D",
        "\033M",
        "\033E",
        "\033H",
        "\033c",
        "\033#8",
        "\033(0",
        "\033(B",
        "\033)0",
        "\033n",
        "\033o",
        "\033N",
        "\033O",
        "\033V",
        "\033W",
        "\0339",
        "\033[!p",
        "\033[?1049h",
        "\033[?1049l",
        "\033[?47h",
        "\033[?47l",
        "\033[?1047l",
        "\033[?6h",
        "\033[?6l",
        "\033[?7l",
        "\033[?7h",
        "\033[?69h",
        "\033[?69l",
        "\033[?45h",
        "\033[?40h",
        "\033[?3h",
        "\033[4h",
        "\033[4l",
        "\033[20h",
        "\033[20l",
        "\033[2J",
        "\033[H",
        "\033[1\"q",
        "\033[0\"q",
        "\033[2;5r",
        "\033[3;9s",
        "\033[r",
        "\033]0;title\007",
        "\033]8;;http://x\033\\",
        "\033Pq#0~-\033\\",
        "\033_x",
        "\u0085",
        "\u008d",
        "\u009b5A",
        "\u009c",
        "é",
        "漢字",
        "e\u0301",
        "👩\u200d💻",
        "\ufeff",
        "─│┌",
        "한글",
        "\u0301\u0301\u0301",
        "\033[2;2;4;7$x",
        "\033[88;1;1;5;9$x",
        "\033[1;1;3;5$z",
        "\033[2;2;4;9;1;3;6$v",
        "\033[2'}",
        "\033[3'~",
        "\033[2 @",
        "\033[1 A"
    };

    private EscapeSoup() {}

    static byte[] bytes(Random random, int length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(length + 64);
        while (out.size() < length) {
            out.writeBytes(piece(random));
        }
        return out.toByteArray();
    }

    private static byte[] piece(Random random) {
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> {
                byte[] text = new byte[1 + random.nextInt(40)];
                for (int i = 0; i < text.length; i++) {
                    text[i] = (byte) (' ' + random.nextInt(95));
                }
                return text;
            }
            case 3, 4 -> {
                return WHOLE[random.nextInt(WHOLE.length)].getBytes(StandardCharsets.UTF_8);
            }
            case 5, 6 -> {
                StringBuilder csi = new StringBuilder("\033[");
                csi.append(random.nextInt(4) == 0 ? "?" : "");
                for (int n = random.nextInt(4); n > 0; n--) {
                    csi.append(random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(30))
                            .append(';');
                }
                return csi.append(random.nextInt(30))
                        .append(FINALS.charAt(random.nextInt(FINALS.length())))
                        .toString()
                        .getBytes(StandardCharsets.US_ASCII);
            }
            default -> {
                byte[] noise = new byte[1 + random.nextInt(6)];
                random.nextBytes(noise);
                return noise;
            }
        }
    }
}
