/** Reads of the stores over gRPC, and health. */
@NullMarked
package dev.muster.registry.query;

import org.jspecify.annotations.NullMarked;
