package dev.muster.contract.settings;

import java.util.List;

/** Settings that cannot be used; the message lists all of them. */
public final class BadSettingsException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    public BadSettingsException(List<String> mistakes) {
        super("bad settings:\n  " + String.join("\n  ", mistakes));
    }
}
