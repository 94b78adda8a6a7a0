package dev.muster.e2e.ingress;

import com.google.protobuf.ByteString;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.OutputRecord;

/** Output as the topic holds it. */
final class Stored {
    private Stored() {}

    /** What the topic holds of a terminal, in order, repeats taken once. */
    static byte[] of(Topics topics, String terminal) throws Exception {
        ByteString.Output whole = ByteString.newOutput();
        for (OutputRecord record : topics.read(Topic.STDOUT, OutputRecord.class)) {
            for (OutputChunk chunk : record.getChunksList()) {
                long known = whole.size() - chunk.getOffset();
                if (chunk.getTerminalId().equals(terminal)
                        && known >= 0
                        && known < chunk.getData().size()) {
                    chunk.getData().substring((int) known).writeTo(whole);
                }
            }
        }
        return whole.toByteString().toByteArray();
    }
}
