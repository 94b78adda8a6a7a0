package dev.muster.kit.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ServiceMainTest {
    private static final Setting PORT = Setting.number("MUSTER_TEST_PORT", 7, 0, 9, "Port of the test.");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<Runnable> stops = new ArrayList<>();
    private final List<String> done = new ArrayList<>();

    private int run(ServiceMain.Start start, Map<String, String> variables, String... arguments) {
        ServiceMain.Check check = all -> {
            Env env = new Env(all);
            env.integer(PORT);
            env.throwIfMistaken();
        };
        return new ServiceMain("test", List.of(PORT), check, all -> {
                    check.read(all);
                    return start.start(all);
                })
                .run(
                        List.of(arguments),
                        variables,
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        stops::add);
    }

    private static ServiceMain.Running fails(String reason) {
        return new ServiceMain.Running(CompletableFuture.completedFuture(reason), () -> {});
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void one_that_cannot_start_says_why_in_one_line_and_exits_with_1() {
        assertThat(run(
                        variables -> {
                            throw new IOException("the port\nis taken");
                        },
                        Map.of()))
                .isEqualTo(1);
        assertThat(err()).isEqualTo("muster: test: the port is taken\n");
    }

    @Test
    void a_port_that_is_taken_is_no_fault_of_ours_however_it_is_told() {
        assertThat(run(
                        variables -> {
                            throw new UncheckedIOException("cannot listen on 1", new IOException("in use"));
                        },
                        Map.of()))
                .isEqualTo(1);
        assertThat(err()).isEqualTo("muster: test: cannot listen on 1\n");
    }

    @Test
    void mistaken_settings_and_faults_of_ours_are_one_line_too() {
        assertThat(run(variables -> fails("never"), Map.of("MUSTER_TEST_PORT", "x")))
                .isEqualTo(1);
        assertThat(run(
                        variables -> {
                            throw new IllegalStateException("oh");
                        },
                        Map.of()))
                .isEqualTo(1);
        assertThat(err().lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("muster: test: "))
                .anyMatch(line -> line.contains("MUSTER_TEST_PORT=x"))
                .anyMatch(line -> line.contains("a fault of ours"));
    }

    @Test
    void one_that_cannot_go_on_says_why_and_is_stopped_by_a_signal_only() {
        ServiceMain.Running running = new ServiceMain.Running(
                CompletableFuture.completedFuture("its app has stopped"), () -> done.add("stopped"));
        assertThat(run(variables -> running, Map.of())).isEqualTo(1);
        assertThat(err()).isEqualTo("muster: test: its app has stopped\n");
        assertThat(done).isEmpty();
        stops.forEach(Runnable::run);
        assertThat(done).containsExactly("stopped");
    }

    @Test
    void settings_are_listed_and_checked_without_a_start() {
        ServiceMain.Start never = variables -> {
            throw new AssertionError("started");
        };
        assertThat(run(never, Map.of(), "--help")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("MUSTER_TEST_PORT [7]: Port of the test.");
        assertThat(run(never, Map.of("MUSTER_TEST_PORT", "8"), "--check-config"))
                .isZero();
        assertThat(err()).isEmpty();
        assertThat(run(never, Map.of("MUSTER_TEST_PORT", "10"), "--check-config"))
                .isEqualTo(1);
        assertThat(run(never, Map.of(), "--port", "8")).isEqualTo(1);
    }
}
