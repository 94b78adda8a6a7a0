package dev.muster.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Headers;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class Http2FramesTest {
    @Test
    void headers_of_any_length_are_read_by_another_implementation() throws Exception {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(":method", "POST");
        headers.put("short", "x".repeat(126));
        headers.put("edge", "x".repeat(127));
        headers.put("long", "x".repeat(300));
        ByteBuffer out = ByteBuffer.allocate(2_048);
        Http2Frames.headers(out, headers);
        out.flip();
        assertThat(out.remaining()).isEqualTo(Http2Frames.HEADER_BYTES + (out.getInt(0) >>> 8));
        assertThat(out.get(3)).isEqualTo((byte) Http2Frames.HEADERS);
        assertThat(out.get(4)).isEqualTo((byte) Http2Frames.END_HEADERS);
        assertThat(out.getInt(5)).isEqualTo(Http2Frames.STREAM);
        Http2Headers read = new DefaultHttp2HeadersDecoder(false)
                .decodeHeaders(Http2Frames.STREAM, Unpooled.wrappedBuffer(out.slice(9, out.remaining() - 9)));
        assertThat(read.size()).isEqualTo(headers.size());
        headers.forEach((name, value) -> assertThat(read.get(name)).hasToString(value));
    }

    @Test
    void a_window_update_names_its_stream_and_bytes() {
        ByteBuffer out = ByteBuffer.allocate(13);
        Http2Frames.windowUpdate(out, 1, 70_000);
        assertThat(out.array()).isEqualTo(new byte[] {0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 1, 0x11, 0x70});
    }
}
