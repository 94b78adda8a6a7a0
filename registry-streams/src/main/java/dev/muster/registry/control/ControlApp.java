package dev.muster.registry.control;

import dev.muster.contract.errors.ErrorIds;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.registry.streams.BadDataHandler;
import dev.muster.registry.streams.RocksMemory;
import dev.muster.registry.streams.StateDisk;
import dev.muster.registry.streams.StreamsApp;
import dev.muster.registry.streams.StreamsSettings;
import dev.muster.registry.view.ViewSignals;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.apache.kafka.streams.KafkaStreams;

/** The control app, running. */
public final class ControlApp implements AutoCloseable {
    private final StreamsApp app;
    private final TickHealth tickHealth = new TickHealth(System::nanoTime);

    public ControlApp(
            KafkaSettings kafka,
            StreamsSettings streams,
            ControlLimits limits,
            RocksMemory memory,
            ViewSignals signals,
            MeterRegistry metrics,
            StateDisk disk,
            BooleanSupplier brokerAnswers,
            Threads threads) {
        Properties properties = streams.properties(streams.control(), kafka, memory);
        properties.put(BadDataHandler.METRICS_CONFIG, metrics);
        app = new StreamsApp(
                streams.control().name(),
                ControlTopology.build(kafka, limits, signals, tickHealth::moved, new ErrorIds(), metrics),
                properties,
                streams,
                disk,
                brokerAnswers,
                threads);
    }

    public void start() {
        app.start();
    }

    public CompletableFuture<Void> running() {
        return app.running();
    }

    /** Completes, with the reason, if it stops by itself or stands still for good. */
    public CompletableFuture<String> failed() {
        return app.failed();
    }

    /** What is wrong with it, or nothing. */
    public Optional<String> problem() {
        return app.problem().or(tickHealth::problem);
    }

    public KafkaStreams streams() {
        return app.streams();
    }

    @Override
    public void close() {
        app.close();
    }
}
