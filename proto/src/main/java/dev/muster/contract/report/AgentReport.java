package dev.muster.contract.report;

import com.google.protobuf.MessageLite;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.agent.v1.Vitals;
import java.util.List;

/**
 * The rules for everything that an agent reports about itself, its tasks and its terminals. A field that breaks a rule
 * is cut, replaced or left out; the rest of the message counts. Ingress applies the rules to incoming messages. The
 * registry applies them to the records that it reads, because another release may have written them. A message that
 * keeps the rules is returned unchanged. Ingress refuses a Hello whose texts or lists are longer than the rules allow.
 *
 * <pre>
 * name, version, label of a device     {@link #TEXT_CHARS_MAX} printable characters
 * reason, detail                       {@link #DETAIL_CHARS_MAX} printable characters
 * code, signal                         {@link #WORD_CHARS_MAX} printable characters
 * time                                 from {@link #PAST_MILLIS_MAX} before to {@link #FUTURE_MILLIS_MAX} after the
 *                                      log's; otherwise the log's
 * number of bytes                      0 to {@link #BYTES_MAX}; otherwise 0
 * share, load                          0 to {@link #LOAD_MAX}; otherwise the vitals are left out
 * list                                 the first {@link #LIST_MAX}; of task ids {@link #TASKS_MAX}
 * </pre>
 */
public final class AgentReport {
    public static final int TEXT_CHARS_MAX = 256;
    public static final int DETAIL_CHARS_MAX = 1_000;
    public static final int WORD_CHARS_MAX = 64;
    public static final int LIST_MAX = 64;
    public static final int CORES_MAX = 4_096;
    public static final int TASKS_MAX = 4_096;

    /** An agent may have been away for long, with events that no gateway has received. */
    public static final long PAST_MILLIS_MAX = 30L * 24 * 60 * 60 * 1_000;

    public static final long FUTURE_MILLIS_MAX = 24L * 60 * 60 * 1_000;

    /** The longest stream; no other count of bytes is larger. */
    public static final long BYTES_MAX = 1L << 53;

    /** The most that one gap may leave out: a terabyte is more than an agent drops between two bytes that it keeps. */
    public static final long GAP_BYTES_MAX = 1L << 40;

    public static final double LOAD_MAX = 1e6;

    private AgentReport() {}

    public static Hello hello(Hello said) {
        Hello.Builder clean = said.toBuilder()
                .setAgentVersion(Printable.of(said.getAgentVersion(), TEXT_CHARS_MAX))
                .clearCapabilities()
                .addAllCapabilities(texts(said.getCapabilitiesList()));
        if (said.hasHost()) {
            clean.setHost(host(said.getHost()));
        }
        return same(said, clean.build());
    }

    public static Host host(Host said) {
        return same(
                said,
                said.toBuilder()
                        .setHostname(Printable.of(said.getHostname(), TEXT_CHARS_MAX))
                        .setOs(Printable.of(said.getOs(), TEXT_CHARS_MAX))
                        .setArch(Printable.of(said.getArch(), TEXT_CHARS_MAX))
                        .setCpuCount(said.getCpuCount() < 0 || said.getCpuCount() > CORES_MAX ? 0 : said.getCpuCount())
                        .setMemoryTotalBytes(bytes(said.getMemoryTotalBytes()))
                        .clearGpus()
                        .addAllGpus(texts(said.getGpusList()))
                        .build());
    }

    public static Heartbeat heartbeat(Heartbeat said) {
        Heartbeat.Builder clean = said.toBuilder();
        if (said.hasVitals()) {
            if (isPossible(said.getVitals())) {
                clean.setVitals(vitals(said.getVitals()));
            } else {
                clean.clearVitals();
            }
        }
        if (said.getRunningTaskIdsCount() > TASKS_MAX
                || !said.getRunningTaskIdsList().stream().allMatch(id -> Ids.isId(Ids.Kind.TASK, id))) {
            clean.clearRunningTaskIds()
                    .addAllRunningTaskIds(said.getRunningTaskIdsList().stream()
                            .filter(id -> Ids.isId(Ids.Kind.TASK, id))
                            .limit(TASKS_MAX)
                            .toList());
        }
        return same(said, clean.build());
    }

    /** Whether all values are numbers within their limits: nothing else can be shown, stored or compared. */
    public static boolean isPossible(Vitals said) {
        return isPossible(said.getCpuPercent())
                && isPossible(said.getLoad1())
                && isPossible(said.getLoad5())
                && isPossible(said.getLoad15())
                && said.getCpuPercentPerCoreCount() <= CORES_MAX
                && said.getCpuPercentPerCoreList().stream().allMatch(AgentReport::isPossible);
    }

    /** Cleans vitals that are {@link #isPossible}. */
    public static Vitals vitals(Vitals said) {
        return same(
                said,
                said.toBuilder()
                        .setMemoryUsedBytes(bytes(said.getMemoryUsedBytes()))
                        .setDiskUsedBytes(bytes(said.getDiskUsedBytes()))
                        .setDiskTotalBytes(bytes(said.getDiskTotalBytes()))
                        .build());
    }

    /** @param logMillis when the event was written into the log, or now if it is not in the log yet */
    public static TaskEvent taskEvent(TaskEvent said, long logMillis) {
        TaskEvent.Builder clean = said.toBuilder();
        switch (said.getEventCase()) {
            case STARTED -> clean.setStarted(started(said.getStarted(), logMillis));
            case ENDED -> clean.setEnded(ended(said.getEnded(), logMillis));
            case REJECTED ->
                clean.getRejectedBuilder()
                        .setCode(Printable.of(said.getRejected().getCode(), WORD_CHARS_MAX))
                        .setDetail(Printable.of(said.getRejected().getDetail(), DETAIL_CHARS_MAX));
            case EVENT_NOT_SET -> {
                // an event of a newer agent
            }
        }
        return same(said, clean.build());
    }

    /** An event that only reports input that was dropped later has no time. */
    private static TaskStarted started(TaskStarted said, long logMillis) {
        boolean later = said.getAtMillis() == 0 && said.getInputDroppedBytes() != 0;
        return said.toBuilder()
                .setAtMillis(later ? 0 : time(said.getAtMillis(), logMillis))
                .setInputDroppedBytes(bytes(said.getInputDroppedBytes()))
                .build();
    }

    private static TaskEnded ended(TaskEnded said, long logMillis) {
        return said.toBuilder()
                .setAtMillis(time(said.getAtMillis(), logMillis))
                .setSignal(Printable.of(said.getSignal(), WORD_CHARS_MAX))
                .setOutputBytes(bytes(said.getOutputBytes()))
                .setInputDroppedBytes(bytes(said.getInputDroppedBytes()))
                .setDetail(Printable.of(said.getDetail(), DETAIL_CHARS_MAX))
                .build();
    }

    /** The length of a gap stays unchanged, because the positions after the gap include it. */
    public static Marker marker(Marker said, long logMillis) {
        Marker.Builder clean = said.toBuilder().setAtMillis(time(said.getAtMillis(), logMillis));
        if (said.hasExit()) {
            Exit exit = said.getExit();
            clean.setExit(exit.toBuilder().setSignal(Printable.of(exit.getSignal(), WORD_CHARS_MAX)));
        } else if (said.hasGap()) {
            Gap gap = said.getGap();
            clean.setGap(gap.toBuilder().setReason(Printable.of(gap.getReason(), TEXT_CHARS_MAX)));
        }
        return same(said, clean.build());
    }

    /** An agent's time, or the log's if the agent's clock cannot be right. */
    public static long time(long saidMillis, long logMillis) {
        boolean sane = saidMillis >= logMillis - PAST_MILLIS_MAX && saidMillis <= logMillis + FUTURE_MILLIS_MAX;
        return sane ? saidMillis : logMillis;
    }

    private static boolean isPossible(double value) {
        return value >= 0 && value <= LOAD_MAX;
    }

    private static long bytes(long said) {
        return said < 0 || said > BYTES_MAX ? 0 : said;
    }

    private static List<String> texts(List<String> said) {
        return said.stream()
                .limit(LIST_MAX)
                .map(text -> Printable.of(text, TEXT_CHARS_MAX))
                .toList();
    }

    private static <M extends MessageLite> M same(M said, M clean) {
        return clean.equals(said) ? said : clean;
    }
}
