package dev.muster.e2e.ingress;

import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** Methods of the agent protocol for those who do not keep to it. */
final class RawMethods {
    private RawMethods() {}

    /** The same call, with requests that are any bytes. */
    static <A> MethodDescriptor<byte[], A> raw(MethodDescriptor<?, A> method) {
        return method.toBuilder(
                        new MethodDescriptor.Marshaller<byte[]>() {
                            @Override
                            public InputStream stream(byte[] value) {
                                return new ByteArrayInputStream(value);
                            }

                            @Override
                            public byte[] parse(InputStream stream) {
                                throw new UnsupportedOperationException();
                            }
                        },
                        method.getResponseMarshaller())
                .build();
    }
}
