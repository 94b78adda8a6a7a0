/**
 * How the registry keeps the lines of terminals: a head, a state, a tail of raw steps and immutable segments, all in
 * one store.
 */
@NullMarked
package dev.muster.registry.terminal.history;

import org.jspecify.annotations.NullMarked;
