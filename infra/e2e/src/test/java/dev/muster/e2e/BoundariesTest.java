package dev.muster.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Who may use what: services do not know each other, and pure logic knows neither Kafka nor gRPC nor HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // all classes weigh a hundred megabytes: they go with this one
class BoundariesTest {
    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.muster");

    @Test
    void no_service_depends_on_another() {
        for (String service : new String[] {"ingress", "registry", "fanout"}) {
            for (String other : new String[] {"ingress", "registry", "fanout", "agent", "local", "cli", "bench"}) {
                if (!service.equals(other)) {
                    noDependency("dev.muster." + service + "..", "dev.muster." + other + "..");
                }
            }
        }
        noDependency("dev.muster.contract..", "dev.muster.registry..");
        noDependency("dev.muster.contract..", "dev.muster.ingress..");
        noDependency("dev.muster.contract..", "dev.muster.fanout..");
        noDependency("dev.muster.agent..", "dev.muster.local..");
    }

    @Test
    void the_terminal_engine_needs_only_the_platform() {
        ArchRule rule = noClasses()
                .that()
                .resideInAPackage("dev.muster.registry.terminal.engine..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("java..", "org.jspecify..", "dev.muster.registry.terminal.engine..");
        rule.check(classes);
    }

    @Test
    void kafka_is_for_glue_only() {
        pure("org.apache.kafka..", "dev.muster.ingress.session..");
        pure("org.apache.kafka..", "dev.muster.fanout.session..");
        pure("org.apache.kafka..", "dev.muster.agent..");
        pure("org.apache.kafka..", "dev.muster.registry.terminal.engine..");
    }

    @Test
    void grpc_and_http_stay_out_of_the_streams_and_the_logic() {
        pure("io.grpc..", "dev.muster.registry.node..");
        pure("io.grpc..", "dev.muster.registry.task..");
        pure("io.grpc..", "dev.muster.registry.terminal..");
        pure("io.grpc..", "dev.muster.fanout.session..");
        pure("io.javalin..", "dev.muster.fanout.feed..");
        pure("io.javalin..", "dev.muster.fanout.session..");
        pure("org.eclipse.jetty..", "dev.muster.fanout.session..");
        pure("io.javalin..", "dev.muster.ingress..");
        pure("io.javalin..", "dev.muster.registry..");
    }

    @Test
    void time_is_injected_outside_of_mains_and_glue() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.muster.ingress.session..",
                        "dev.muster.registry.node..",
                        "dev.muster.registry.task..",
                        "dev.muster.registry.session..",
                        "dev.muster.registry.liveness..",
                        "dev.muster.registry.terminal.engine..",
                        "dev.muster.fanout.session..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(Clock.class, "systemUTC")
                .allowEmptyShould(true)
                .check(classes);
    }

    @Test
    void packages_of_a_service_have_no_cycles() {
        for (String service : new String[] {"ingress", "fanout", "agent", "contract"}) {
            slices().matching("dev.muster." + service + ".(*)..")
                    .should()
                    .beFreeOfCycles()
                    .check(classes);
        }
    }

    @Test
    void the_rules_can_fail() {
        assertThatThrownBy(() -> pure("org.apache.kafka..", "dev.muster.registry.."))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("org.apache.kafka");
    }

    private void noDependency(String from, String to) {
        noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(to)
                .check(classes);
    }

    private void pure(String library, String logic) {
        noClasses()
                .that()
                .resideInAPackage(logic)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .allowEmptyShould(true)
                .check(classes);
    }
}
