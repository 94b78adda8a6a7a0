/** What may be asked of a node and what becomes of it. Pure: no Kafka, no clock, no stores. */
@NullMarked
package dev.muster.registry.node;

import org.jspecify.annotations.NullMarked;
