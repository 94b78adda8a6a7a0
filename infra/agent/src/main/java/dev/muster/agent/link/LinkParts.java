package dev.muster.agent.link;

import dev.muster.agent.identity.Identity;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.spool.Spool;
import dev.muster.agent.task.Journal;
import dev.muster.agent.task.Tasks;
import dev.muster.agent.vitals.VitalsSource;
import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;
import java.util.random.RandomGenerator;

/** The parts that all calls of an agent share. */
record LinkParts(
        AgentConfig config,
        Identity identity,
        String gateway,
        long boot,
        Journal journal,
        Tasks tasks,
        Spool spool,
        VitalsSource vitals,
        String version,
        EarlyInput earlyInput,
        ScheduledExecutorService executor,
        RandomGenerator random,
        OpenCalls openCalls,
        Clock clock) {}
