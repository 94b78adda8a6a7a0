package dev.muster.contract.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskRejected;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.agent.v1.Vitals;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentReportTest {
    private static final long LOG = Instant.parse("2026-12-01T00:00:00Z").toEpochMilli();
    private static final String ODD = "a\u001b[31m\u009b\u202egnp\u2028\u0000\ud800z\u007f";
    private static final String SHOWN = "a\ufffd[31m\ufffd\ufffdgnp\ufffd\ufffd\ufffdz\ufffd";
    private static final String LONG = "x".repeat(100_000);

    @Test
    void what_keeps_the_rules_stays_as_it_is() {
        Hello hello = Hello.newBuilder()
                .setAgentVersion("1.2 \u00fc\u2713\ud83d\ude00")
                .addCapabilities("pty")
                .setHost(Host.newBuilder()
                        .setHostname("h\u00f6st")
                        .setCpuCount(64)
                        .setMemoryTotalBytes(1L << 40)
                        .addGpus("a gpu"))
                .build();
        assertThat(AgentReport.hello(hello)).isSameAs(hello);
        Heartbeat heartbeat = Heartbeat.newBuilder()
                .setVitals(Vitals.newBuilder().setCpuPercent(99.5).setLoad1(300))
                .addRunningTaskIds("tk_00000000000000000000000001")
                .build();
        assertThat(AgentReport.heartbeat(heartbeat)).isSameAs(heartbeat);
        TaskEvent ended = TaskEvent.newBuilder()
                .setEnded(TaskEnded.newBuilder()
                        .setAtMillis(LOG - Duration.ofDays(20).toMillis())
                        .setSignal("TERM")
                        .setOutputBytes(1L << 50)
                        .setDetail("gone"))
                .build();
        assertThat(AgentReport.taskEvent(ended, LOG)).isSameAs(ended);
        Marker marker = Marker.newBuilder()
                .setAtMillis(LOG)
                .setGap(Gap.newBuilder().setBytes(5).setReason("agent-spool-full"))
                .build();
        assertThat(AgentReport.marker(marker, LOG)).isSameAs(marker);
    }

    @Test
    void text_is_cut_and_what_cannot_be_seen_is_marked_in_every_field() {
        for (String said : new String[] {ODD, LONG}) {
            String text = said.equals(ODD) ? SHOWN : "x".repeat(AgentReport.TEXT_CHARS_MAX);
            String word = said.equals(ODD) ? SHOWN : "x".repeat(AgentReport.WORD_CHARS_MAX);
            String detail = said.equals(ODD) ? SHOWN : "x".repeat(AgentReport.DETAIL_CHARS_MAX);
            Hello hello = AgentReport.hello(Hello.newBuilder()
                    .setAgentVersion(said)
                    .addCapabilities(said)
                    .setHost(Host.newBuilder()
                            .setHostname(said)
                            .setOs(said)
                            .setArch(said)
                            .addGpus(said))
                    .build());
            assertThat(hello.getAgentVersion()).isEqualTo(text);
            assertThat(hello.getCapabilitiesList()).containsExactly(text);
            assertThat(hello.getHost().getHostname()).isEqualTo(text);
            assertThat(hello.getHost().getOs()).isEqualTo(text);
            assertThat(hello.getHost().getArch()).isEqualTo(text);
            assertThat(hello.getHost().getGpusList()).containsExactly(text);
            TaskEnded ended = AgentReport.taskEvent(
                            TaskEvent.newBuilder()
                                    .setEnded(TaskEnded.newBuilder()
                                            .setSignal(said)
                                            .setDetail(said))
                                    .build(),
                            LOG)
                    .getEnded();
            assertThat(ended.getSignal()).isEqualTo(word);
            assertThat(ended.getDetail()).isEqualTo(detail);
            TaskRejected rejected = AgentReport.taskEvent(
                            TaskEvent.newBuilder()
                                    .setRejected(TaskRejected.newBuilder()
                                            .setCode(said)
                                            .setDetail(said))
                                    .build(),
                            LOG)
                    .getRejected();
            assertThat(rejected.getCode()).isEqualTo(word);
            assertThat(rejected.getDetail()).isEqualTo(detail);
            Marker exit = AgentReport.marker(
                    Marker.newBuilder()
                            .setExit(Exit.newBuilder().setSignal(said))
                            .build(),
                    LOG);
            assertThat(exit.getExit().getSignal()).isEqualTo(word);
            Marker gap = AgentReport.marker(
                    Marker.newBuilder()
                            .setGap(Gap.newBuilder().setBytes(7).setReason(said))
                            .build(),
                    LOG);
            assertThat(gap.getGap().getReason()).isEqualTo(text);
            assertThat(gap.getGap().getBytes()).isEqualTo(7);
        }
    }

    @Test
    void a_character_of_two_halves_is_not_cut_in_two() {
        assertThat(Printable.of("ab\ud83d\ude00", 3)).isEqualTo("ab");
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, Long.MAX_VALUE, 0, -1, 1})
    void a_time_that_cannot_be_is_the_logs(long millis) {
        assertThat(AgentReport.taskEvent(
                                TaskEvent.newBuilder()
                                        .setStarted(TaskStarted.newBuilder().setAtMillis(millis))
                                        .build(),
                                LOG)
                        .getStarted()
                        .getAtMillis())
                .isEqualTo(LOG);
        assertThat(AgentReport.taskEvent(
                                TaskEvent.newBuilder()
                                        .setEnded(TaskEnded.newBuilder().setAtMillis(millis))
                                        .build(),
                                LOG)
                        .getEnded()
                        .getAtMillis())
                .isEqualTo(LOG);
        assertThat(AgentReport.marker(Marker.newBuilder().setAtMillis(millis).build(), LOG)
                        .getAtMillis())
                .isEqualTo(LOG);
    }

    @Test
    void input_that_was_dropped_is_a_number_of_bytes_too() {
        TaskEvent later = TaskEvent.newBuilder()
                .setStarted(TaskStarted.newBuilder().setInputDroppedBytes(7))
                .build();
        assertThat(AgentReport.taskEvent(later, LOG)).isSameAs(later);
        TaskEvent absurd = TaskEvent.newBuilder()
                .setEnded(TaskEnded.newBuilder().setAtMillis(LOG).setInputDroppedBytes(-7))
                .build();
        assertThat(AgentReport.taskEvent(absurd, LOG).getEnded().getInputDroppedBytes())
                .isZero();
    }

    @Test
    void a_number_that_cannot_be_is_none() {
        Host host = AgentReport.host(
                Host.newBuilder().setCpuCount(-1).setMemoryTotalBytes(-1).build());
        assertThat(host.getCpuCount()).isZero();
        assertThat(host.getMemoryTotalBytes()).isZero();
        assertThat(AgentReport.taskEvent(
                                TaskEvent.newBuilder()
                                        .setEnded(TaskEnded.newBuilder().setOutputBytes(Long.MAX_VALUE))
                                        .build(),
                                LOG)
                        .getEnded()
                        .getOutputBytes())
                .isZero();
        Vitals vitals = AgentReport.heartbeat(Heartbeat.newBuilder()
                        .setVitals(Vitals.newBuilder()
                                .setCpuPercent(5)
                                .setMemoryUsedBytes(-1)
                                .setDiskUsedBytes(Long.MAX_VALUE)
                                .setDiskTotalBytes(-5))
                        .build())
                .getVitals();
        assertThat(vitals).isEqualTo(Vitals.newBuilder().setCpuPercent(5).build());
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, -1, 9e8, Double.POSITIVE_INFINITY})
    void vitals_with_a_number_that_cannot_be_are_left_out(double number) {
        for (Vitals vitals : new Vitals[] {
            Vitals.newBuilder().setCpuPercent(number).build(),
            Vitals.newBuilder().setLoad1(number).build(),
            Vitals.newBuilder().setLoad5(number).build(),
            Vitals.newBuilder().setLoad15(number).build(),
            Vitals.newBuilder().addCpuPercentPerCore(number).build()
        }) {
            assertThat(AgentReport.heartbeat(
                                    Heartbeat.newBuilder().setVitals(vitals).build())
                            .hasVitals())
                    .isFalse();
        }
    }

    @Test
    void lists_end_somewhere_and_hold_ids_alone() {
        Hello.Builder hello = Hello.newBuilder();
        Heartbeat.Builder heartbeat = Heartbeat.newBuilder().addRunningTaskIds(ODD);
        for (int i = 0; i < 5_000; i++) {
            hello.addCapabilities("c");
            heartbeat.addRunningTaskIds("tk_00000000000000000000000001");
        }
        assertThat(AgentReport.hello(hello.build()).getCapabilitiesCount()).isEqualTo(AgentReport.LIST_MAX);
        assertThat(AgentReport.heartbeat(heartbeat.build()).getRunningTaskIdsList())
                .hasSize(AgentReport.TASKS_MAX)
                .doesNotContain(ODD);
    }
}
