package dev.muster.fanout.log;

import dev.muster.fanout.log.tokens.ClusterIdentity;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows the ids of the topics with some names. It asks for the ids repeatedly, because a topic that is deleted and
 * recreated keeps its name while its offsets mean other records. Thread-safe.
 */
public final class TopicWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TopicWatch.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** Told one thing after the other, mostly on a thread of the admin client. It must not wait. */
    @FunctionalInterface
    public interface Listener {
        /** A topic was found for the first time, or under another id than before. */
        void onTopic(String name, ClusterIdentity identity, boolean recreated);

        /** The broker did not answer, or a topic is not there; asked again after a moment. */
        default void onFailure(Throwable failure) {}
    }

    private final Admin admin;
    private final List<String> names;
    private final Listener listener;
    private final TopicIds ids = new TopicIds();
    private final ScheduledExecutorService scheduler;
    private volatile boolean present = true;

    /**
     * @param admin not closed here
     * @param thread names its thread
     */
    public TopicWatch(Admin admin, List<String> names, Listener listener, String thread, Threads threads) {
        this.scheduler = threads.timer(thread);
        this.admin = admin;
        this.names = List.copyOf(names);
        this.listener = listener;
    }

    public void start() {
        scheduler.execute(this::askAndGoOn);
    }

    /** Asks now. The listener gets the result before this completes. */
    CompletableFuture<Void> check() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            scheduler.execute(() -> ask(done));
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(e);
        }
        return done;
    }

    /** Whether all topics were there when the broker was last asked. */
    boolean present() {
        return present;
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }

    private void askAndGoOn() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        var unused = done.whenComplete((answered, failure) -> {
            try {
                var unusedToo = scheduler.schedule(this::askAndGoOn, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // closed meanwhile
            }
        });
        ask(done);
    }

    private void ask(CompletableFuture<Void> done) {
        try {
            int timeout = (int) TIMEOUT.toMillis();
            var cluster = admin.describeCluster(new DescribeClusterOptions().timeoutMs(timeout))
                    .clusterId()
                    .toCompletionStage();
            var unused = admin.describeTopics(names, new DescribeTopicsOptions().timeoutMs(timeout))
                    .allTopicNames()
                    .toCompletionStage()
                    .thenCombine(cluster, Answer::new)
                    .whenComplete((answer, failure) -> answered(answer, failure, done));
        } catch (RuntimeException e) {
            answered(null, e, done);
        }
    }

    private record Answer(Map<String, TopicDescription> topics, String clusterId) {}

    // an answer that is there already is taken on the thread that asks
    private synchronized void answered(
            @Nullable Answer answer, @Nullable Throwable failure, CompletableFuture<Void> done) {
        if (answer == null) {
            Throwable cause = failure == null ? new IllegalStateException("no answer") : failure;
            if (present) {
                LOG.atWarn()
                        .addKeyValue("topics", names)
                        .addKeyValue("reason", cause.toString())
                        .log("these topics are not known");
            }
            present = false;
            listener.onFailure(cause);
            done.completeExceptionally(cause);
        } else {
            present = true;
            answer.topics().values().forEach(topic -> compare(answer.clusterId(), topic));
            done.complete(null);
        }
    }

    private void compare(String clusterId, TopicDescription topic) {
        TopicIds.Seen seen = ids.see(topic.name(), topic.topicId());
        if (seen == TopicIds.Seen.RECREATED) {
            LOG.atWarn()
                    .addKeyValue("topic", topic.name())
                    .addKeyValue("now", topic.topicId())
                    .log("a topic was recreated: what was read of it before is read again");
        }
        if (seen != TopicIds.Seen.KNOWN) {
            listener.onTopic(
                    topic.name(),
                    new ClusterIdentity(clusterId, topic.topicId().toString()),
                    seen == TopicIds.Seen.RECREATED);
        }
    }
}
