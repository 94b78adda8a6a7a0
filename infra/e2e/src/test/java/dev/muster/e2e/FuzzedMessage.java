package dev.muster.e2e;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;

/**
 * Random values of a protobuf message: usual ones, ones at the limits, ones that only a newer release would write, and
 * bytes that are no message at all.
 */
final class FuzzedMessage {
    private static final int DEPTH_MAX = 4;
    private static final long[] NUMBERS = {
        0, 1, 2, 3, 5, 80, 255, 256, 65_535, 1_000_000, Integer.MAX_VALUE, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, -1
    };

    private final Random random;
    private final FuzzedText texts;

    FuzzedMessage(Random random, FuzzedText texts) {
        this.random = random;
        this.texts = texts.with(random);
    }

    Message next(Message prototype) {
        return fill(prototype.newBuilderForType(), 0).build();
    }

    /** Mostly a message; sometimes with fields of a newer release, cut short, or with a byte changed. */
    byte[] bytes(Message prototype) {
        byte[] bytes = next(prototype).toByteArray();
        switch (random.nextInt(8)) {
            case 0 -> bytes = concat(bytes, ofANewerRelease());
            case 1 -> bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            case 2 -> {
                if (bytes.length > 0) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            }
            case 3 -> {
                bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
            }
            default -> {}
        }
        return bytes;
    }

    private Message.Builder fill(Message.Builder builder, int depth) {
        for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
            if (random.nextInt(10) < 3
                    || (depth >= DEPTH_MAX && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE)) {
                continue;
            }
            if (field.isRepeated()) {
                for (int left = random.nextInt(3); left > 0; left--) {
                    builder.addRepeatedField(field, value(builder, field, depth));
                }
            } else {
                builder.setField(field, value(builder, field, depth));
            }
        }
        if (random.nextInt(12) == 0) {
            builder.setUnknownFields(UnknownFieldSet.newBuilder()
                    .addField(
                            900, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                    .build());
        }
        return builder;
    }

    private Object value(Message.Builder builder, FieldDescriptor field, int depth) {
        return switch (field.getJavaType()) {
            case INT -> (int) number();
            case LONG -> number();
            case FLOAT -> (float) real();
            case DOUBLE -> real();
            case BOOLEAN -> random.nextBoolean();
            case STRING -> texts.next();
            case BYTE_STRING -> bytes();
            case ENUM ->
                random.nextInt(4) == 0
                        ? field.getEnumType().findValueByNumberCreatingIfUnknown(1_000 + random.nextInt(5))
                        : field.getEnumType()
                                .getValues()
                                .get(random.nextInt(
                                        field.getEnumType().getValues().size()));
            case MESSAGE -> fill(builder.newBuilderForField(field), depth + 1).build();
        };
    }

    private long number() {
        return random.nextInt(3) == 0 ? random.nextLong() : NUMBERS[random.nextInt(NUMBERS.length)];
    }

    private double real() {
        return switch (random.nextInt(5)) {
            case 0 -> Double.NaN;
            case 1 -> Double.NEGATIVE_INFINITY;
            case 2 -> Double.MAX_VALUE;
            case 3 -> -1;
            default -> random.nextDouble();
        };
    }

    private ByteString bytes() {
        byte[] bytes = new byte[random.nextInt(random.nextInt(20) == 0 ? 40_000 : 64)];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    private byte[] ofANewerRelease() {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            CodedOutputStream coded = CodedOutputStream.newInstance(out);
            coded.writeString(50 + random.nextInt(1_000), texts.next());
            coded.flush();
            return out.toByteArray();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
