package dev.muster.fanout.log;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.muster.fanout.log.ring.RecordReader;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.proto.records.v1.WatchMode;

/** How the two topics of views are read: changes by audience, terminal output by user, terminal and mode. */
public final class ViewRecords {
    private ViewRecords() {}

    /** {@code muster.views}: the key of an entry is the audience. */
    public static RecordReader changes() {
        return new RecordReader() {
            @Override
            public Message parse(byte[] value) throws InvalidProtocolBufferException {
                return ViewRecord.parseFrom(value);
            }

            @Override
            public String keyOf(Message value) {
                return ((ViewRecord) value).getAudience();
            }
        };
    }

    /** {@code muster.view-terminals}: the key of an entry is {@link #terminalKey}. */
    public static RecordReader output() {
        return new RecordReader() {
            @Override
            public Message parse(byte[] value) throws InvalidProtocolBufferException {
                return TerminalViewRecord.parseFrom(value);
            }

            @Override
            public String keyOf(Message value) {
                TerminalViewRecord record = (TerminalViewRecord) value;
                return terminalKey(record.getUser(), record.getTerminalId(), record.getModeValue());
            }
        };
    }

    public static String terminalKey(String user, String terminalId, WatchMode mode) {
        return terminalKey(user, terminalId, mode.getNumber());
    }

    /** No part can hold a space. The mode of a record is a number, because a newer release may know more modes. */
    private static String terminalKey(String user, String terminalId, int mode) {
        return user + " " + terminalId + " " + mode;
    }
}
