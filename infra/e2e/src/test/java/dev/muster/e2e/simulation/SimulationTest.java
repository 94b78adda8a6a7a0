package dev.muster.e2e.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * The product under chance and faults, without a thread, a socket or a clock. {@code -Dmuster.simulation.seed=N} runs
 * one seed and prints what happens. {@code -Dmuster.simulation.seeds=N} runs N seeds, from
 * {@code -Dmuster.simulation.from} on.
 */
class SimulationTest {
    private static final int SEEDS = 20;

    @TempDir
    Path dir;

    @BeforeAll
    static void say_only_what_is_wrong() {
        level(Level.ERROR);
    }

    @AfterAll
    static void say_all_again() {
        level(null);
    }

    @Test
    void holds_for_every_seed() throws IOException {
        Long one = Long.getLong("muster.simulation.seed");
        long from = one != null ? one : Long.getLong("muster.simulation.from", 1);
        long count = one != null ? 1 : Long.getLong("muster.simulation.seeds", SEEDS);
        for (long seed = from; seed < from + count; seed++) {
            run(seed, one != null ? System.out::println : note -> {});
            if (count > SEEDS && (seed - from) % 100 == 99) {
                System.out.println("simulation: " + (seed - from + 1) + " of " + count + " seeds hold");
            }
        }
    }

    @Test
    void the_same_seed_gives_the_same_run() throws IOException {
        assertThat(run(4711, note -> {})).isEqualTo(run(4711, note -> {}));
    }

    private String run(long seed, Consumer<String> notes) throws IOException {
        Path home = dir.resolve(Long.toString(seed));
        try {
            return new Simulation(seed, home, notes).run();
        } finally {
            delete(home);
        }
    }

    private static void delete(Path home) throws IOException {
        try (Stream<Path> files = Files.exists(home) ? Files.walk(home) : Stream.empty()) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void level(@Nullable Level level) {
        ((Logger) LoggerFactory.getLogger("dev.muster")).setLevel(level);
    }
}
