package dev.muster.kit.settings;

import java.util.List;

/** Unusable settings; the message lists all mistakes. */
public final class BadSettingsException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    public BadSettingsException(List<String> mistakes) {
        super("bad settings:\n  " + String.join("\n  ", mistakes));
    }
}
