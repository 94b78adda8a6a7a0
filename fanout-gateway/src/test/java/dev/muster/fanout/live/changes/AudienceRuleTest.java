package dev.muster.fanout.live.changes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.live.changes.AudienceRule.Delivery;
import dev.muster.proto.records.v1.ViewRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class AudienceRuleTest {
    private static final List<String> ALL = List.of("fleet:1", "group:ops", "user:alice");

    @Test
    void a_node_seen_in_three_ways_is_delivered_once() {
        Set<String> mine = Set.copyOf(ALL);
        assertThat(AudienceRule.of(record("fleet:1", ALL, ALL), mine)).isEqualTo(Delivery.SHOW);
        assertThat(AudienceRule.of(record("group:ops", ALL, ALL), mine)).isEqualTo(Delivery.NOTHING);
        assertThat(AudienceRule.of(record("user:alice", ALL, ALL), mine)).isEqualTo(Delivery.NOTHING);
    }

    @Test
    void losing_one_way_of_two_is_a_change_and_losing_the_last_a_removal() {
        Set<String> mine = Set.of("group:ops", "user:alice");
        List<String> both = List.of("group:ops", "user:alice");
        assertThat(AudienceRule.of(record("group:ops", both, List.of("user:alice")), mine))
                .isEqualTo(Delivery.NOTHING);
        assertThat(AudienceRule.of(record("user:alice", both, List.of("user:alice")), mine))
                .isEqualTo(Delivery.SHOW);
        assertThat(AudienceRule.of(record("group:ops", both, List.of("user:bob")), mine))
                .isEqualTo(Delivery.REMOVE);
        assertThat(AudienceRule.of(record("user:alice", both, List.of("user:bob")), mine))
                .isEqualTo(Delivery.NOTHING);
        assertThat(AudienceRule.of(record("user:bob", both, List.of("user:bob")), mine))
                .isEqualTo(Delivery.NOTHING);
    }

    @Test
    void whatever_the_audiences_exactly_one_record_of_a_change_reaches_whoever_sees_it_or_saw_it() {
        for (List<String> mine : subsets()) {
            for (List<String> before : subsets()) {
                for (List<String> after : subsets()) {
                    List<Delivery> deliveries = new ArrayList<>();
                    Set<String> written = new TreeSet<>(before);
                    written.addAll(after);
                    for (String audience : written) {
                        Delivery delivery = AudienceRule.of(record(audience, before, after), Set.copyOf(mine));
                        if (delivery != Delivery.NOTHING) {
                            deliveries.add(delivery);
                        }
                    }
                    boolean sees = !Collections.disjoint(mine, after);
                    boolean saw = !Collections.disjoint(mine, before);
                    assertThat(deliveries)
                            .as("mine %s, before %s, after %s", mine, before, after)
                            .isEqualTo(sees ? List.of(Delivery.SHOW) : saw ? List.of(Delivery.REMOVE) : List.of());
                }
            }
        }
    }

    private static List<List<String>> subsets() {
        List<List<String>> subsets = new ArrayList<>();
        for (int bits = 0; bits < 1 << ALL.size(); bits++) {
            List<String> subset = new ArrayList<>();
            for (int i = 0; i < ALL.size(); i++) {
                if ((bits >> i & 1) == 1) {
                    subset.add(ALL.get(i));
                }
            }
            subsets.add(subset);
        }
        return subsets;
    }

    private static ViewRecord record(String audience, List<String> before, List<String> after) {
        return ViewRecord.newBuilder()
                .setAudience(audience)
                .addAllAudiencesBefore(before)
                .addAllAudiencesAfter(after)
                .build();
    }
}
