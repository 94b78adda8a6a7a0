package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.bench.recovery.Installation;
import dev.muster.bench.recovery.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} of each process of a whole Muster, again and again, while agents print output that is known to the
 * byte. No printed byte is lost, none comes twice, and every viewer sees it all.
 *
 * <p>A long run, by hand: {@code mvn test -pl infra/e2e -am -Dtest=CrashTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dmuster.e2e.kills=50 -Dmuster.e2e.seed=7}. It prints each kill and how long it took until every viewer saw something
 * new.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrashTest {
    private static final int KILLS = Integer.getInteger("muster.e2e.kills", 5);
    private static final long SEED = Long.getLong("muster.e2e.seed", 1L);
    private static final Duration SESSION = Duration.ofSeconds(3);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path dir;

    private Installation cluster;
    private final List<String> nodes = new ArrayList<>();

    /** What is killed, and how it comes back. */
    private enum Kill {
        REGISTRY_1("registry-1"),
        INGRESS_1("ingress-1"),
        BROKER("broker"),
        FANOUT("fanout-1"),
        REGISTRY_2_WIPED("registry-2"),
        REGISTRY_1_MOVED("registry-1"),
        INGRESS_2("ingress-2"),
        REGISTRY_2("registry-2"),
        BOTH_REGISTRIES("registry-1");

        private final String part;

        Kill(String part) {
            this.part = part;
        }
    }

    @BeforeAll
    void start() throws Exception {
        cluster = Installation.start(dir.resolve("cluster"), 2, 2, 1);
        nodes.add(cluster.startAgent("one"));
        nodes.add(cluster.startAgent("two"));
    }

    @AfterAll
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void what_agents_print_is_there_once_whatever_is_killed() throws Exception {
        Random random = new Random(SEED);
        System.out.println("kills: seed " + SEED);
        try (LedgerCheck one = new LedgerCheck(cluster, nodes.get(0), dir.resolve("stop-kills-one"));
                LedgerCheck two = new LedgerCheck(cluster, nodes.get(1), dir.resolve("stop-kills-two"))) {
            one.awaitMore(20);
            two.awaitMore(20);
            for (int i = 0; i < KILLS; i++) {
                Kill kill = i < Kill.values().length
                        ? Kill.values()[i]
                        : Kill.values()[random.nextInt(Kill.values().length)];
                // a random point, in what was printed and not in time
                one.awaitMore(random.nextInt(400));
                one.viewer().startClock();
                two.viewer().startClock();
                kill(kill);
                one.awaitMore(1);
                two.awaitMore(1);
                long frozen = Math.max(one.viewer().freezeMillis(), two.viewer().freezeMillis());
                System.out.println("kill " + (i + 1) + ": " + kill + ", longest freeze " + frozen + " ms");
            }
            long lines = one.compare() + two.compare();
            System.out.println("kills: " + KILLS + ", lines " + lines + ", none lost, none twice; viewers: "
                    + one.viewer().sockets() + "; " + two.viewer().sockets());
        }
    }

    @Test
    void an_owner_that_was_paused_and_wakes_up_changes_nothing() throws Exception {
        try (LedgerCheck one = new LedgerCheck(cluster, nodes.get(0), dir.resolve("stop-paused-one"));
                LedgerCheck two = new LedgerCheck(cluster, nodes.get(1), dir.resolve("stop-paused-two"))) {
            for (String paused : List.of("registry-1", "registry-2")) {
                one.awaitMore(20);
                two.awaitMore(20);
                Part registry = cluster.part(paused);
                registry.freeze();
                long since = System.nanoTime();
                try {
                    // whatever it owned, the other one goes on with it
                    one.awaitMore(20);
                    two.awaitMore(20);
                    await("the paused one's session is over")
                            .atMost(Duration.ofMinutes(1))
                            .until(() -> System.nanoTime() - since > 2 * SESSION.toNanos());
                    one.awaitMore(100);
                    two.awaitMore(100);
                } finally {
                    registry.thaw();
                }
                cluster.awaitReady(paused);
                one.awaitMore(100);
                two.awaitMore(100);
            }
            assertThat(one.compare()).isPositive();
            assertThat(two.compare()).isPositive();
        }
    }

    @Test
    void registries_restarted_one_after_the_other_lose_nothing_and_repeat_nothing() throws Exception {
        try (LedgerCheck one = new LedgerCheck(cluster, nodes.get(0), dir.resolve("stop-rolling-one"));
                LedgerCheck two = new LedgerCheck(cluster, nodes.get(1), dir.resolve("stop-rolling-two"))) {
            for (String restarted : List.of("registry-1", "registry-2")) {
                one.awaitMore(20);
                two.awaitMore(20);
                one.viewer().startClock();
                two.viewer().startClock();
                cluster.part(restarted).stop();
                cluster.startPart(restarted);
                one.awaitMore(100);
                two.awaitMore(100);
                System.out.println("rolling restart: " + restarted + ", longest freeze "
                        + Math.max(one.viewer().freezeMillis(), two.viewer().freezeMillis()) + " ms");
            }
            assertThat(one.compare()).isPositive();
            assertThat(two.compare()).isPositive();
        }
    }

    private void kill(Kill kill) throws IOException, InterruptedException {
        cluster.part(kill.part).kill();
        switch (kill) {
            case REGISTRY_2_WIPED -> Dirs.delete(cluster.stateDir(kill.part));
            case REGISTRY_1_MOVED -> cluster.moveRegistry(kill.part);
            case BOTH_REGISTRIES -> {
                cluster.part("registry-2").kill();
                cluster.begin("registry-2");
            }
            default -> {
                // it comes back as it was
            }
        }
        cluster.startPart(kill.part);
        if (kill == Kill.BOTH_REGISTRIES) {
            cluster.awaitReady("registry-2");
        }
    }
}
