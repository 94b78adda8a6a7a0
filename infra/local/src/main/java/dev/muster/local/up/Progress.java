package dev.muster.local.up;

/** Receives what happens while Muster starts and stops, in words for a person. */
@FunctionalInterface
public interface Progress {
    void say(String line);
}
