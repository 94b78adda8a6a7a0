package dev.muster.local.broker;

import dev.muster.kit.kafka.TopicProvisioner;
import dev.muster.kit.kafka.TopicsException;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.local.data.StartFailure;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** Creates the topics before the services start, so that no service waits for another one's topics. */
public final class Topics {
    private Topics() {}

    public static void ensure(KafkaSettings settings) throws InterruptedException {
        try (Admin admin = Admin.create(Map.copyOf(settings.properties()))) {
            new TopicProvisioner(admin, settings.names(), settings.partitions(), settings.replication()).ensure();
        } catch (TopicsException e) {
            throw StartFailure.from("the topics are not as they should be", e);
        }
    }
}
