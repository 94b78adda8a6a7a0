package dev.muster.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The permitted dependencies: services do not know each other, and pure logic knows neither Kafka nor gRPC nor HTTP.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // all classes weigh a hundred megabytes: they go with this one
class BoundariesTest {
    /** Logic without glue, as the READMEs promise: neither Kafka nor gRPC nor HTTP, and time is handed to it. */
    private static final String[] LOGIC = {
        "dev.muster.ingress.session..",
        "dev.muster.ingress.auth..",
        "dev.muster.registry.node..",
        "dev.muster.registry.task..",
        "dev.muster.registry.group..",
        "dev.muster.registry.session..",
        "dev.muster.registry.liveness..",
        "dev.muster.terminal.engine..",
        "dev.muster.registry.terminal.output..",
        "dev.muster.registry.terminal.watch..",
        "dev.muster.fanout.auth..",
        "dev.muster.fanout.live..",
        "dev.muster.fanout.log.tokens..",
    };

    private static final List<String> MODULES = List.of(
            "contract", "ingress", "registry", "fanout", "agent", "local", "cli", "bench", "kit", "terminal", "client");

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
        noDependency("dev.muster.contract..", "dev.muster.kit..");
        noDependency("dev.muster.agent..", "dev.muster.local..");
        noDependency("dev.muster.fanout.live..", "dev.muster.fanout.http..");
        noDependency("dev.muster.fanout.live..", "dev.muster.fanout.resources..");
        noDependency("dev.muster.fanout.log..", "dev.muster.fanout.live..");
    }

    @Test
    void the_terminal_engine_needs_only_the_platform() {
        ArchRule rule = noClasses()
                .that()
                .resideInAPackage("dev.muster.terminal.engine..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("java..", "org.jspecify..", "dev.muster.terminal.engine..");
        rule.check(classes);
    }

    @Test
    void the_client_library_needs_only_the_platform_and_json() {
        noClasses()
                .that()
                .resideInAPackage("dev.muster.client..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("java..", "org.jspecify..", "com.fasterxml.jackson..", "dev.muster.client..")
                .check(classes);
    }

    @Test
    void kafka_is_for_glue_only() {
        for (String logic : LOGIC) {
            pure("org.apache.kafka..", logic);
        }
        pure("org.apache.kafka..", "dev.muster.agent..");
    }

    @Test
    void grpc_and_http_stay_out_of_the_streams_and_the_logic() {
        for (String logic : LOGIC) {
            pure("io.grpc..", logic);
            pure("io.javalin..", logic);
            pure("org.eclipse.jetty..", logic);
        }
        pure("io.grpc..", "dev.muster.registry.terminal..");
        pure("io.javalin..", "dev.muster.fanout.log..");
        pure("io.javalin..", "dev.muster.ingress..");
        pure("io.javalin..", "dev.muster.registry..");
    }

    @Test
    void time_is_injected_outside_of_mains_and_glue() {
        noClasses()
                .that()
                .resideInAnyPackage(LOGIC)
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(Clock.class, "systemUTC")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(Thread.class, "sleep", long.class)
                .check(classes);
    }

    @Test
    void packages_of_a_module_have_no_cycles() {
        for (String module : MODULES) {
            slices().assignedFrom(packagesOf("dev.muster." + module))
                    .should()
                    .beFreeOfCycles()
                    .check(classes);
        }
    }

    /** Each package is a slice of its own, the module's root package, too. */
    private static SliceAssignment packagesOf(String root) {
        return new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass type) {
                String name = type.getPackageName();
                return name.equals(root) || name.startsWith(root + ".")
                        ? SliceIdentifier.of(name)
                        : SliceIdentifier.ignore();
            }

            @Override
            public String getDescription() {
                return "packages of " + root;
            }
        };
    }

    @Test
    void each_package_of_the_rules_has_classes() {
        for (String logic : LOGIC) {
            String name = logic.substring(0, logic.length() - 2);
            assertThat(classes.stream().map(JavaClass::getPackageName))
                    .anyMatch(there -> there.equals(name) || there.startsWith(name + "."));
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
