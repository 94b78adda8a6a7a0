package dev.muster.e2e;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Values that a newer release could write and this one has no place for, and values that make no sense at all. */
final class NewerRelease {
    private static final int UNKNOWN_ENUM = 99;
    private static final int UNKNOWN_FIELD = 5_000;
    private static final int DEPTH_MAX = 5;

    private final Function<String, String> texts;

    /** @param texts what a text field of this name holds */
    NewerRelease(Function<String, String> texts) {
        this.texts = texts;
    }

    /** Each oneof by each of its fields, and by none of them; each with small, large and negative numbers. */
    List<Message> of(Message prototype) {
        List<Message> made = new ArrayList<>();
        int variants = prototype.getDescriptorForType().getOneofs().stream()
                .mapToInt(oneof -> oneof.getFieldCount())
                .max()
                .orElse(0);
        for (long number : new long[] {1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0}) {
            for (int variant = 0; variant <= variants; variant++) {
                made.add(fill(prototype.newBuilderForType(), variant, number, 0));
            }
        }
        return made;
    }

    private Message fill(Message.Builder message, int variant, long number, int depth) {
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            boolean other = field.getRealContainingOneof() != null
                    && field.getRealContainingOneof().getFields().indexOf(field) != variant;
            if (other || field.isMapField()) {
                continue;
            }
            @Nullable Object value = value(message, field, number, depth, variant);
            if (value == null) {
                continue;
            }
            if (field.isRepeated()) {
                message.addRepeatedField(field, value);
            } else {
                message.setField(field, value);
            }
        }
        message.setUnknownFields(UnknownFieldSet.newBuilder()
                .addField(
                        UNKNOWN_FIELD,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFromUtf8("new"))
                                .build())
                .build());
        return message.build();
    }

    private @Nullable Object value(
            Message.Builder message, FieldDescriptor field, long number, int depth, int variant) {
        return switch (field.getJavaType()) {
            case ENUM -> unknown(field.getEnumType());
            case MESSAGE ->
                depth == DEPTH_MAX ? null : fill(message.newBuilderForField(field), variant, number, depth + 1);
            case STRING -> texts.apply(field.getName());
            case BYTE_STRING -> ByteString.copyFrom(new byte[] {(byte) 0xff, 0});
            case BOOLEAN -> true;
            case DOUBLE -> number == 0 ? Double.NaN : (double) number;
            case FLOAT -> number == 0 ? Float.NaN : (float) number;
            case LONG -> number;
            case INT -> (int) number;
        };
    }

    private static Object unknown(EnumDescriptor type) {
        return type.findValueByNumberCreatingIfUnknown(UNKNOWN_ENUM);
    }
}
