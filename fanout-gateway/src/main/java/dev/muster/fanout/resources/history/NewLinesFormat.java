package dev.muster.fanout.resources.history;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.Ask;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.lines.Expiry;
import dev.muster.fanout.lines.LineBlock;
import dev.muster.fanout.lines.LinesPage;
import dev.muster.fanout.lines.LinesRequest;
import org.jspecify.annotations.Nullable;

/** How the lines after a cursor look. As text, the headers of the answer hold what JSON has beside the lines. */
enum NewLinesFormat {
    TEXT {
        @Override
        Answer answer(LinesRequest request, LinesPage page) {
            StringBuilder text = new StringBuilder();
            page.blocks().forEach(block -> add(text, block));
            return Answer.text(200, text.toString())
                    .with("Muster-Cursor", page.cursor())
                    .with("Muster-More", Boolean.toString(page.more()))
                    .with("Muster-Expired", page.expired().map(Expiry::code).orElse("false"))
                    .with("Muster-Unreadable", Long.toString(page.unreadable()));
        }
    },
    JSON {
        @Override
        Answer answer(LinesRequest request, LinesPage page) {
            ObjectNode json = Json.object();
            json.put("cursor", page.cursor());
            json.put("more", page.more());
            json.put("expired", page.expired().isPresent());
            json.put("expiredReason", page.expired().map(Expiry::code).orElse(null));
            json.put("unreadable", page.unreadable());
            ArrayNode terminals = json.putArray("terminals");
            page.blocks().forEach(block -> terminals.add(json(block)));
            return Answer.json(200, json);
        }
    };

    abstract Answer answer(LinesRequest request, LinesPage page);

    static NewLinesFormat of(Ask ask) {
        return switch (ask.query("format").orElse("text")) {
            case "text" -> TEXT;
            case "json" -> JSON;
            default -> throw Fields.invalid("'format' is neither text nor json.");
        };
    }

    // the name of a node has no control characters: the gateway refuses them
    private static void add(StringBuilder text, LineBlock block) {
        text.append("=== ").append(block.terminal()).append(" on ").append(block.node());
        text.append(" from line ").append(block.first());
        text.append(block.continued() ? ", the last goes on\n" : "\n");
        block.lines()
                .forEach(line -> text.append(LookAlikes.OF_HISTORY.shown(line)).append('\n'));
    }

    private static ObjectNode json(LineBlock block) {
        ObjectNode json = Json.object();
        json.put("nodeId", block.nodeId());
        json.put("node", block.node());
        json.put("terminal", block.terminal());
        json.put("firstLine", block.first());
        ArrayNode lines = json.putArray("lines");
        block.lines().forEach(lines::add);
        ArrayNode times = json.putArray("times");
        for (@Nullable Long time : block.times()) {
            times.add(time == null ? null : Json.time(time));
        }
        json.put("continued", block.continued());
        return json;
    }
}
