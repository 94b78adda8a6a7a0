package dev.muster.registry.streams;

import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * A processor whose memory is recreated by each init. Init also runs when a partition is taken over or its transaction
 * was aborted, so no uncommitted state survives.
 */
public final class FreshProcessor<KI, VI, KO, VO> implements Processor<KI, VI, KO, VO> {
    private final Function<ProcessorContext<KO, VO>, Consumer<Record<KI, VI>>> factory;
    private Consumer<Record<KI, VI>> current = FreshProcessor::refuse;

    /** @param factory called by each init, after the stores were restored */
    public FreshProcessor(Function<ProcessorContext<KO, VO>, Consumer<Record<KI, VI>>> factory) {
        this.factory = factory;
    }

    @Override
    public void init(ProcessorContext<KO, VO> context) {
        current = factory.apply(context);
    }

    @Override
    public void process(Record<KI, VI> record) {
        current.accept(record);
    }

    @Override
    public void close() {
        if (current instanceof Dismissible dismissed) {
            dismissed.dismissed();
        }
        current = FreshProcessor::refuse;
    }

    /** A processor that is told when it is no longer used. */
    public interface Dismissible {
        void dismissed();
    }

    private static <KI, VI> void refuse(Record<KI, VI> record) {
        throw new IllegalStateException("the processor is not initialised");
    }
}
