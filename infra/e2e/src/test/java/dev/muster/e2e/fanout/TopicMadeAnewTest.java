package dev.muster.e2e.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.Topic;
import dev.muster.fanout.FanoutServer;
import dev.muster.kit.kafka.TopicProvisioner;
import dev.muster.kit.kafka.TopicsException;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The topics of the live feed are deleted and recreated under a gateway with viewers. */
class TopicMadeAnewTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int BEFORE = 50;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<SequenceViewer> viewers = new ArrayList<>();
    private ChangesLog log;
    private FanoutServer gateway;
    private Admin admin;

    @BeforeEach
    void start(@TempDir Path dir) throws Exception {
        log = new ChangesLog(dir);
        gateway = FanoutServer.start(log.settings);
        admin = Admin.create(Map.of("bootstrap.servers", log.broker.bootstrapServers()));
    }

    @AfterEach
    void stop() {
        viewers.forEach(SequenceViewer::abort);
        admin.close(Duration.ofSeconds(1));
        gateway.close();
        log.close();
    }

    private void publish(int changes) {
        log.publish(
                changes,
                record -> record.addAudiencesAfter(record.getAudience())
                        .setNode(NodeView.newBuilder()
                                .setNode(NodeRecord.newBuilder()
                                        .setNodeId(ChangesLog.NODE)
                                        .setName("web-1")
                                        .setOwner("alice")
                                        .setEnabled(true))
                                .setState(NodeState.newBuilder()
                                        .setNodeId(ChangesLog.NODE)
                                        .setStatus(NodeStatus.ONLINE))
                                .setViewVersion(record.getViewVersion())));
    }

    private void deleteTopicsAndMakeThemAnew() throws Exception {
        List<String> names =
                List.of(log.kafka.names().of(Topic.VIEWS), log.kafka.names().of(Topic.VIEW_TERMINALS));
        admin.deleteTopics(names).all().get(30, TimeUnit.SECONDS);
        TopicProvisioner provisioner =
                new TopicProvisioner(admin, log.kafka.names(), log.kafka.partitions(), log.kafka.replication());
        Awaitility.await("the topics are there again").atMost(LONG).until(() -> {
            try {
                provisioner.ensure();
                return admin.describeTopics(names).allTopicNames().get().size() == 2;
            } catch (TopicsException | ExecutionException e) {
                return false;
            }
        });
        log.topicsAreNew();
    }

    private SequenceViewer viewer() {
        SequenceViewer viewer = new SequenceViewer(http, log.token);
        viewers.add(viewer);
        connect(viewer);
        return viewer;
    }

    private void connect(SequenceViewer viewer) {
        viewer.connect(gateway.httpPort()).join();
        Awaitility.await("the viewer is open").atMost(LONG).until(viewer::isOpen);
    }

    private void hasLast(SequenceViewer viewer) {
        Awaitility.await("the viewer has the last change " + log.published())
                .atMost(LONG)
                .until(() -> viewer.newest() == log.published());
    }

    // a silent hole would be a step of more than one that no snapshot fills
    private static void hasNoHole(SequenceViewer viewer, int since) {
        List<SequenceViewer.Snapshot> snapshots = viewer.snapshots();
        SequenceViewer.Snapshot last = snapshots.get(snapshots.size() - 1);
        assertThat(last.after()).isGreaterThanOrEqualTo(since);
        List<Long> after = viewer.versions().subList(last.after(), viewer.count());
        if (!after.isEmpty()) {
            assertThat(after.get(0)).isLessThanOrEqualTo(last.version() + 1);
            assertThat(after)
                    .isEqualTo(LongStream.rangeClosed(after.get(0), after.get(after.size() - 1))
                            .boxed()
                            .toList());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 3 * BEFORE})
    void viewers_are_told_get_a_snapshot_and_go_on_whether_the_new_log_is_shorter_or_longer(int atOnce)
            throws Exception {
        SequenceViewer viewer = viewer();
        publish(BEFORE);
        hasLast(viewer);
        SequenceViewer another = new SequenceViewer(http, log.token);
        viewers.add(another);
        Awaitility.await("the registry has the last change, too").atMost(LONG).until(() -> {
            another.resumeFrom(null);
            connect(another);
            another.abort();
            return another.newest() == log.published();
        });
        String before = viewer.position();
        deleteTopicsAndMakeThemAnew();
        publish(atOnce);
        Awaitility.await("the viewer is told")
                .atMost(LONG)
                .until(() -> viewer.told().stream().anyMatch(each -> each.startsWith("gap: ")));
        publish(7);
        hasLast(viewer);
        hasNoHole(viewer, BEFORE);

        int count = viewer.count();
        int told = viewer.told().size();
        viewer.abort();
        publish(5);
        connect(viewer);
        hasLast(viewer);
        assertThat(viewer.told())
                .as("a token of the new log is good for the new log")
                .hasSize(told);
        assertThat(viewer.versions().subList(count, viewer.count()))
                .isEqualTo(LongStream.rangeClosed(log.published() - 4, log.published())
                        .boxed()
                        .toList());

        SequenceViewer fromBefore = new SequenceViewer(http, log.token);
        viewers.add(fromBefore);
        fromBefore.resumeFrom(before);
        connect(fromBefore);
        assertThat(fromBefore.told()).containsExactly("not recovered: topic-recreated");
        publish(5);
        hasLast(fromBefore);
        hasNoHole(fromBefore, 0);
        hasLast(viewer());
    }
}
