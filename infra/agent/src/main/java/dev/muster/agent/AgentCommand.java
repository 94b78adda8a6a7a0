package dev.muster.agent;

import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.settings.AgentException;
import dev.muster.agent.spool.SpoolLimits;
import dev.muster.agent.task.AllowedUsers;
import dev.muster.agent.task.TaskLimits;
import dev.muster.kit.process.JavaLogging;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command line of the reference agent. */
@Command(
        name = "agent",
        mixinStandardHelpOptions = true,
        description = "Connects this machine to Muster: runs commands and shells, sends output and heartbeats.")
public final class AgentCommand implements Callable<Integer> {
    private static final int FAILED = 125;
    /** Beside the time that the ends of tasks may take: to deliver them, and to end the connection. */
    private static final long STOP_MILLIS_MORE = 10_000;

    @Option(
            names = "--join",
            paramLabel = "INVITE",
            description = "Invite, or @FILE or the variable MUSTER_INVITE. Needed once.")
    private @Nullable String invite;

    @Option(
            names = "--gateway",
            paramLabel = "HOST:PORT",
            description = "Gateway; the one it joined through when left out.")
    private @Nullable String gateway;

    @Option(
            names = "--state-dir",
            paramLabel = "DIR",
            description = "Identity, journal and spool; ~/.muster-agent unless given.")
    private Path stateDir = Path.of(System.getProperty("user.home", "."), ".muster-agent");

    @Option(names = "--label", paramLabel = "K=V", description = "Label that the agent reports; may repeat.")
    private Map<String, String> labels = Map.of();

    @Option(
            names = "--spool-bytes",
            paramLabel = "N",
            description = "Output kept on disk until acknowledged; processes wait beyond it. Default: ${DEFAULT-VALUE}")
    private long spoolBytes = SpoolLimits.BYTES_MAX_DEFAULT;

    @Option(
            names = "--ahead-bytes",
            paramLabel = "N",
            description =
                    "Output of one process that may wait for acknowledgement as long as they come; when they stop, it goes to the spool. Default: ${DEFAULT-VALUE}")
    private long aheadBytes = SpoolLimits.AHEAD_BYTES_MAX_DEFAULT;

    @Option(
            names = "--drop-when-full",
            description = "Drop output when the spool is full, shown as a gap, instead of making processes wait.")
    private boolean dropWhenFull;

    @Option(
            names = "--quiet-millis",
            paramLabel = "N",
            description =
                    "A command has ended, and a process that it left behind holds its output: the task ends after N ms without output. Default: ${DEFAULT-VALUE}")
    private long quietMillis = TaskLimits.QUIET_MILLIS_DEFAULT;

    @Option(
            names = "--drain-millis",
            paramLabel = "N",
            description =
                    "The same where that process prints on: the task ends N ms after its command. Default: ${DEFAULT-VALUE}")
    private long drainMillis = TaskLimits.DRAIN_MILLIS_DEFAULT;

    @Option(
            names = "--kill-after-millis",
            paramLabel = "N",
            description =
                    "Time that the processes of a task have to end after TERM, before KILL. Default: ${DEFAULT-VALUE}")
    private long killAfterMillis = TaskLimits.KILL_AFTER_MILLIS_DEFAULT;

    @Option(
            names = "--cgroup",
            paramLabel = "DIR",
            description =
                    "Directory of a version 2 control group in which every task gets a group of its own, so that ending a task ends daemons too. Default: the agent's own group, where systemd delegates it (Delegate=yes)")
    private @Nullable Path cgroup;

    @Option(
            names = "--allow-users",
            paramLabel = "NAMES",
            description =
                    "Users of this machine as whom tasks may run, between commas, or * for all; also MUSTER_AGENT_ALLOW_USERS. Needs an agent that runs as root. Default: the agent's own user alone, who is always allowed")
    private @Nullable String allowUsers;

    @Option(names = "--ca", paramLabel = "FILE", description = "PEM of the authority of the gateway's certificate.")
    private @Nullable Path ca;

    @Option(
            names = "--cert",
            paramLabel = "FILE",
            description = "Certificate of this agent, for gateways that ask for one.")
    private @Nullable Path cert;

    @Option(names = "--key", paramLabel = "FILE", description = "Private key of --cert, PKCS#8 in PEM.")
    private @Nullable Path key;

    @Option(names = "--plaintext", description = "No TLS. The default only towards loopback addresses.")
    private boolean plaintext;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        JavaLogging.toTheLog();
        CountDownLatch over = new CountDownLatch(1);
        try {
            return runUntilStopped(over);
        } catch (AgentException e) {
            say("agent: " + e.getMessage());
            return FAILED;
        } finally {
            over.countDown();
        }
    }

    private int runUntilStopped(CountDownLatch over) throws AgentException, InterruptedException {
        Watch watch;
        try (Agent agent = Agent.start(config(), this::say)) {
            watch = new Watch(agent, this::say);
            Thread main = Thread.currentThread();
            Thread hook = new Thread(
                    () -> {
                        main.interrupt();
                        try {
                            // does not wait for the thread's end: its exit waits for this hook
                            over.await(taskLimits().endMillisMax() + STOP_MILLIS_MORE, TimeUnit.MILLISECONDS);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    "agent-shutdown");
            Runtime.getRuntime().addShutdownHook(hook);
            if (!watch.untilStopped()) {
                return FAILED;
            }
            watch.stopping();
        }
        watch.stopped(stateDir);
        return 0;
    }

    private AgentConfig config() throws AgentException {
        if ((cert == null) != (key == null)) {
            throw new AgentException("a certificate and its key go together: --cert and --key");
        }
        return new AgentConfig(
                stateDir,
                gateway,
                invite(),
                new SpoolLimits(spoolBytes, aheadBytes, dropWhenFull),
                taskLimits(),
                cgroup,
                users(allowUsers != null ? allowUsers : System.getenv("MUSTER_AGENT_ALLOW_USERS")),
                labels,
                ca,
                plaintext,
                cert,
                key);
    }

    private TaskLimits taskLimits() {
        return new TaskLimits(quietMillis, drainMillis, killAfterMillis);
    }

    static AllowedUsers users(@Nullable String list) throws AgentException {
        try {
            return list == null ? AllowedUsers.OWN : AllowedUsers.of(list);
        } catch (IllegalArgumentException e) {
            throw new AgentException("--allow-users: " + e.getMessage(), e);
        }
    }

    private @Nullable String invite() throws AgentException {
        String value = invite != null ? invite : System.getenv("MUSTER_INVITE");
        if (value != null && value.startsWith("@")) {
            try {
                return Files.readString(Path.of(value.substring(1))).strip();
            } catch (java.io.IOException e) {
                throw new AgentException("cannot read the invite from " + value.substring(1), e);
            }
        }
        return value;
    }

    private void say(String line) {
        if (spec != null) {
            spec.commandLine().getErr().println(line);
        }
    }

    public static void main(String[] args) {
        System.exit(new CommandLine(new AgentCommand())
                .setExecutionExceptionHandler((e, line, result) -> {
                    line.getErr().println("agent: " + e.getMessage());
                    return FAILED;
                })
                .execute(args));
    }
}
