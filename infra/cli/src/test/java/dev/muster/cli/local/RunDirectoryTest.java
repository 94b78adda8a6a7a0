package dev.muster.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
    @TempDir
    Path dir;

    @Test
    void it_goes_with_all_that_is_in_it() throws Exception {
        Path run = Files.createDirectories(dir.resolve("run/deeper"));
        Files.writeString(run.resolve("lib.so"), "native");
        RunDirectory.remove(dir.resolve("run"));
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void one_that_is_gone_already_is_no_fault() {
        RunDirectory.remove(dir.resolve("never"));
        assertThat(dir).isEmptyDirectory();
    }
}
