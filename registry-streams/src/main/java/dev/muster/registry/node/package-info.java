/** The requests about a node and their outcomes. Pure: no Kafka, no clock, no stores. */
@NullMarked
package dev.muster.registry.node;

import org.jspecify.annotations.NullMarked;
