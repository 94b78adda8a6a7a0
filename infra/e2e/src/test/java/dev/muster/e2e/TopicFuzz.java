package dev.muster.e2e;

import dev.muster.contract.topics.Topic;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Random records for every topic, as a newer release or a stranger with access to the broker would write them. */
final class TopicFuzz {
    private final String bootstrap;
    private final FuzzedText texts;
    private final List<String> known;
    private int refusals;

    TopicFuzz(String bootstrap, FuzzedText texts, List<String> known) {
        this.bootstrap = bootstrap;
        this.texts = texts;
        this.known = known;
    }

    int refusals() {
        return refusals;
    }

    void run(int inputs, long seed) throws InterruptedException {
        Random random = new Random(seed);
        FuzzedMessage messages = new FuzzedMessage(random, texts);
        FuzzedText words = texts.with(random);
        Map<String, Object> properties = Map.of("bootstrap.servers", bootstrap);
        try (Producer<byte[], byte @Nullable []> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<?>> answers = new ArrayList<>();
            for (Topic topic : Topic.values()) {
                for (int i = 0; i < inputs; i++) {
                    answers.add(producer.send(new ProducerRecord<>(
                            "muster." + topic.baseName(), key(random, words), value(topic, random, messages))));
                }
            }
            for (Future<?> answer : answers) {
                try {
                    answer.get();
                } catch (ExecutionException refused) {
                    refusals++;
                }
            }
        }
    }

    private byte[] key(Random random, FuzzedText words) {
        int dice = random.nextInt(20);
        if (dice == 0) {
            byte[] noise = new byte[random.nextInt(100)];
            random.nextBytes(noise);
            return noise;
        }
        String key = dice < 12 ? known.get(random.nextInt(known.size())) : words.next();
        return key.getBytes(StandardCharsets.UTF_8);
    }

    private static byte @Nullable [] value(Topic topic, Random random, FuzzedMessage messages) {
        return random.nextInt(25) == 0 ? null : messages.bytes(topic.prototype());
    }
}
