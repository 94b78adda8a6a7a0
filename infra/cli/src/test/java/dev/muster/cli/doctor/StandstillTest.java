package dev.muster.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.registry.streams.StreamsSettings;
import org.junit.jupiter.api.Test;

class StandstillTest {

    @Test
    void short_settings_are_fine() {
        assertThat(new Standstill(3_000, 200, 3_000, false).finding())
                .isEqualTo(Finding.ok("after the loss of a registry instance its nodes may stand still for up to 3 s"));
    }

    @Test
    void a_long_transaction_timeout_counts_and_only_that_is_advised() {
        Finding finding = new Standstill(3_000, 200, 30_000, false).finding();

        assertThat(finding.grade()).isEqualTo(Finding.Grade.WARN);
        assertThat(finding.what()).endsWith("may stand still for up to 30 s");
        assertThat(finding.advice())
                .startsWith("set MUSTER_REGISTRY_TRANSACTION_TIMEOUT_MS=3000 on the registries")
                .doesNotContain(Standstill.SESSION_MIN, Standstill.CLEANUP);
    }

    @Test
    void kafkas_defaults_are_named_with_what_to_set() {
        Finding finding = new Standstill(6_000, 10_000, 3_000, false).finding();

        assertThat(finding.what()).endsWith("may stand still for up to 13 s");
        assertThat(finding.advice())
                .isEqualTo(
                        "set group.min.session.timeout.ms=3000 and transaction.abort.timed.out.transaction.cleanup.interval.ms=1000 on the brokers");
    }

    @Test
    void where_one_process_runs_all_its_own_next_start_ends_its_transactions() {
        Finding finding = new Standstill(3_000, 200, 30_000, true).finding();

        assertThat(finding.grade()).isEqualTo(Finding.Grade.OK);
        assertThat(finding.what()).doesNotContain("stand still");
    }

    @Test
    void the_default_is_that_of_the_registry() {
        assertThat(StreamsSettings.SETTINGS)
                .filteredOn(setting -> setting.name().equals("MUSTER_REGISTRY_TRANSACTION_TIMEOUT_MS"))
                .singleElement()
                .satisfies(setting -> assertThat(setting.defaultValue())
                        .isEqualTo(Long.toString(Standstill.TRANSACTION_TIMEOUT_DEFAULT_MS)));
    }
}
