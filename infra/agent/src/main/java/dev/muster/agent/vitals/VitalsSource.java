package dev.muster.agent.vitals;

import dev.muster.proto.agent.v1.Host;

/** The state of a machine. */
public interface VitalsSource {
    dev.muster.proto.agent.v1.Vitals read();

    Host host();
}
