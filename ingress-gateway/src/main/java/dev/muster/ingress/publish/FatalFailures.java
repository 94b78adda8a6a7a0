package dev.muster.ingress.publish;

import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Which failures of a record end its producer's life. */
final class FatalFailures {
    private FatalFailures() {}

    static boolean contains(Exception exception) {
        return exception instanceof AuthenticationException
                || exception instanceof ClusterAuthorizationException
                || exception instanceof UnsupportedVersionException
                || exception instanceof ProducerFencedException
                || exception instanceof InvalidProducerEpochException
                || exception instanceof OutOfOrderSequenceException;
    }
}
