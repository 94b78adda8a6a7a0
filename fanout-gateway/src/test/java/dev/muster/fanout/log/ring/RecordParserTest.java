package dev.muster.fanout.log.ring;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.muster.fanout.log.ViewRecords;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

final class RecordParserTest {
    private static final TerminalViewRecord TEXT = TerminalViewRecord.newBuilder()
            .setUser("alice")
            .setTerminalId("tk_1")
            .setMode(WatchMode.WATCH_MODE_TEXT)
            .build();

    @Test
    void a_mode_of_a_newer_release_is_read_under_a_key_that_nobody_asks_for() {
        RecordParser parser = new RecordParser(ViewRecords.output());
        List<PartitionRing.Arrival> arrivals =
                parser.parse(List.of(record(0, TEXT.toBuilder().setModeValue(99).build()), record(1, TEXT)));
        assertThat(arrivals)
                .extracting(PartitionRing.Arrival::key)
                .containsExactly("alice tk_1 99", ViewRecords.terminalKey("alice", "tk_1", WatchMode.WATCH_MODE_TEXT));
        assertThat(parser.unreadable()).isZero();
    }

    @Test
    void whatever_a_reader_throws_at_a_record_the_others_are_read_and_it_is_counted() {
        RecordParser parser = new RecordParser(new RecordReader() {
            @Override
            public Message parse(byte[] value) {
                if (value.length == 0) {
                    throw new IllegalStateException("a value that makes no sense");
                }
                return TEXT;
            }

            @Override
            public String keyOf(Message value) {
                return "key";
            }
        });
        assertThat(parser.parse(List.of(record(0, TerminalViewRecord.getDefaultInstance()), record(1, TEXT))))
                .hasSize(1);
        assertThat(parser.unreadable()).isEqualTo(1);
    }

    private static ConsumerRecord<byte[], byte[]> record(long offset, Message value) {
        return new ConsumerRecord<>("t", 0, offset, "k".getBytes(StandardCharsets.UTF_8), value.toByteArray());
    }
}
