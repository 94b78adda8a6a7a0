package dev.muster.fanout.output;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;

/** The events in a terminal's stream, each once and in order. Times are those of the broker, in epoch milliseconds. */
interface Steps {
    void start(long atMillis, Start start);

    void data(long atMillis, ByteString bytes);

    void resize(long atMillis, WindowSize size);

    /** Bytes that were lost at the source and that no reader can have. */
    void gap(long atMillis, long bytes);

    void exit(long atMillis, Exit exit);
}
