package dev.muster.agent.task;

import com.google.protobuf.ByteString;
import java.util.List;

/**
 * What is started.
 *
 * @param programs paths to try, in this order
 * @param variables entries {@code NAME=value}
 * @param umask {@link #UMASK_OF_AGENT}: unchanged
 */
record Invocation(
        List<ByteString> programs, List<ByteString> argv, List<ByteString> variables, ByteString directory, int umask) {
    static final int UMASK_OF_AGENT = -1;
}
