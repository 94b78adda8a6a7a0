package dev.muster.ingress.session;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.report.AgentReport;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Host;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The rules for a Hello and the host in it. Texts and lists that are too long are refused, since an agent that sends
 * them once would send them again; {@link AgentReport} corrects the rest.
 */
public final class HelloRules {
    private static final Pattern UUID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final int LABELS_MAX = 64;

    private HelloRules() {}

    static Optional<Refusal> check(Hello hello) {
        if (!UUID.matcher(hello.getInstanceId()).matches()) {
            return invalid("an instance id that is no UUID");
        }
        if (!hello.getProcessId().isEmpty()
                && !UUID.matcher(hello.getProcessId()).matches()) {
            return invalid("a process id that is no UUID");
        }
        if (!hello.getPreviousSession().isEmpty() && !Ids.isId(Ids.Kind.SESSION, hello.getPreviousSession())) {
            return invalid("a previous session that is none");
        }
        if (hello.getLabelsCount() > LABELS_MAX
                || hello.getLabelsMap().entrySet().stream().anyMatch(l -> !Ids.isLabel(l.getKey(), l.getValue()))) {
            return invalid("labels that are too many or not well formed");
        }
        if (hello.getTaskIdsCount() > AgentReport.TASKS_MAX
                || hello.getTaskIdsList().stream().anyMatch(id -> !Ids.isId(Ids.Kind.TASK, id))) {
            return invalid("task ids that are too many or none");
        }
        if (isLong(hello.getAgentVersion())
                || hello.getCapabilitiesCount() > AgentReport.LIST_MAX
                || hello.getCapabilitiesList().stream().anyMatch(HelloRules::isLong)) {
            return invalid("a version or capabilities that are too long");
        }
        return check(hello.getHost());
    }

    /** The host of a Hello or of a JoinRequest. */
    public static Optional<Refusal> check(Host host) {
        if (isLong(host.getHostname())
                || isLong(host.getOs())
                || isLong(host.getArch())
                || host.getGpusCount() > AgentReport.LIST_MAX
                || host.getGpusList().stream().anyMatch(HelloRules::isLong)) {
            return invalid("a description of the host that is too long");
        }
        return Optional.empty();
    }

    private static boolean isLong(String text) {
        return text.length() > AgentReport.TEXT_CHARS_MAX;
    }

    private static Optional<Refusal> invalid(String detail) {
        return Optional.of(new Refusal(ErrorCode.INVALID, detail));
    }
}
