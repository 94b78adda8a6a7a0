package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LauncherTest {
    /** By this a task whose command has ended knows whether its reader, late on a busy machine, has still something to read. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void output_that_nobody_has_read_yet_is_known_to_be_there_after_the_end_too(boolean pty) throws Exception {
        RunTask.Builder task = RunTask.newBuilder().setTaskId("task").setCommand("printf words");
        if (pty) {
            task.setPty(WindowSize.newBuilder().setCols(80).setRows(24));
        }
        Launcher.Launched launched = new Launcher("node").start(task.build());
        try (InputStream output = launched.output()) {
            launched.process().waitFor();
            await().until(() -> output.available() > 0);
            byte[] read = new byte[100];
            assertThat(new String(read, 0, output.read(read), StandardCharsets.US_ASCII))
                    .isEqualTo("words");
            await().until(() -> output.available() == 0);
        }
    }
}
