package dev.muster.registry.query;

import dev.muster.registry.instance.Part;
import dev.muster.registry.terminal.read.ReadBudget;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One kind of read that belongs to one partition.
 *
 * @param lane whose threads answer a request
 * @param budget the limits of a read that begins now
 * @param owner answers from the store that this instance owns
 * @param copy answers from the copy that this instance keeps as a standby
 */
record Ask<Q, A>(
        Part part,
        MethodDescriptor<Q, A> method,
        Function<Q, ReadLane> lane,
        Function<Context, ReadBudget> budget,
        BiFunction<Q, ReadBudget, A> owner,
        BiFunction<Q, ReadBudget, A> copy) {}
