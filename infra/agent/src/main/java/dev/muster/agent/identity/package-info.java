/** The agent's identity: its state directory, key pair, credential and counters. */
@NullMarked
package dev.muster.agent.identity;

import org.jspecify.annotations.NullMarked;
