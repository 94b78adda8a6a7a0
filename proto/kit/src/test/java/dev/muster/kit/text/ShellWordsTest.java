package dev.muster.kit.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ShellWordsTest {
    @Test
    void only_what_a_shell_would_read_otherwise_is_quoted() {
        assertThat(ShellWords.join(List.of("uname", "-a", "/tmp/x", "A=b"))).isEqualTo("uname -a /tmp/x A=b");
        assertThat(ShellWords.join(List.of("sh", "-c", "exit 3"))).isEqualTo("sh -c 'exit 3'");
        assertThat(ShellWords.join(List.of("echo", "it's", "", "$HOME", "a\nb")))
                .isEqualTo("echo 'it'\\''s' '' '$HOME' 'a\nb'");
    }
}
