package dev.muster.agent;

import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Reports the state of an agent to the person who started it by hand: one line whenever the state changes. */
final class Watch {
    private static final long LOOK_MILLIS = 100;

    private final Agent agent;
    private final Consumer<String> say;
    private final String node;
    private final News news = new News();

    Watch(Agent agent, Consumer<String> say) {
        this.agent = agent;
        this.say = say;
        this.node = "node " + agent.nodeId() + " (" + agent.name() + "): ";
    }

    /** True when interrupted; false when the gateway refused the agent for good, which this reports. */
    boolean untilStopped() {
        say("connecting to " + agent.gateway());
        while (true) {
            try {
                agent.stopped().get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                return false;
            } catch (TimeoutException e) {
                look();
            } catch (ExecutionException e) {
                Throwable cause = e.getCause() == null ? e : e.getCause();
                say.accept("agent: " + cause.getMessage());
                return false;
            } catch (InterruptedException e) {
                return true;
            }
        }
    }

    void stopping() {
        say("stopping: what runs here is ended, what it printed is delivered");
    }

    void stopped(Path stateDir) {
        say("stopped; what could not be delivered is kept in " + stateDir);
    }

    private void look() {
        String problem = agent.problem();
        if (!problem.isEmpty()) {
            say("not connected to " + agent.gateway() + ", trying again: " + problem);
        } else if (!agent.diskProblem().isEmpty()) {
            say(agent.diskProblem() + ": running commands wait, new ones are refused");
        } else if (agent.connected().isDone()) {
            say("running; Ctrl-C stops it", true);
        }
    }

    private void say(String line) {
        say(line, false);
    }

    private void say(String line, boolean well) {
        if (news.isNews(line, well, System.nanoTime())) {
            say.accept(node + line);
        }
    }
}
