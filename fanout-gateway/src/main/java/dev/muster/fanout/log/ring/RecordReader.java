package dev.muster.fanout.log.ring;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;

/** Reads one topic's records for the ring. */
public interface RecordReader {
    /** @throws InvalidProtocolBufferException if the value is not what the topic holds */
    Message parse(byte[] value) throws InvalidProtocolBufferException;

    /** What a session asks the ring for. */
    String keyOf(Message value);
}
