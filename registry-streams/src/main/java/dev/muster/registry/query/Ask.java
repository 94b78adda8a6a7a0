package dev.muster.registry.query;

import dev.muster.registry.instance.Part;
import io.grpc.MethodDescriptor;
import java.util.function.Function;

/**
 * One kind of read that belongs to one partition.
 *
 * @param owner answers from the store that this instance owns
 * @param copy answers from the copy that this instance keeps as a standby
 */
record Ask<Q, A>(Part part, MethodDescriptor<Q, A> method, ReadPool pool, Function<Q, A> owner, Function<Q, A> copy) {}
