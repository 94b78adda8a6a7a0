package dev.muster.cli.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.cli.console.PlainText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Checks everything that has ever been a cause of trouble. Exits with 1 if something is bad. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Say what is wrong here, and what to do. Exits with 1 if something is.")
public final class DoctorCommand implements Callable<Integer> {
    @Mixin
    final ConnectOptions connect;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "json, or table, which is lines; table unless given.")
    OutputFormat output = OutputFormat.TABLE;

    private final CliIo io;

    public DoctorCommand(CliIo io) {
        this.io = io;
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public Integer call() throws InterruptedException {
        List<Finding> findings = new ArrayList<>(MachineChecks.run(connect.dataDir()));
        findings.addAll(ServerChecks.run(connect));
        try {
            findings.addAll(BrokerCheck.run(connect, io.variables()));
        } catch (CliFailure e) {
            findings.add(Finding.warn("Kafka was not looked at: " + e.getMessage(), ""));
        }
        if (output == OutputFormat.JSON) {
            print(findings);
        } else {
            findings.forEach(this::print);
        }
        return findings.stream().anyMatch(finding -> finding.grade() == Finding.Grade.BAD) ? 1 : 0;
    }

    private void print(Finding finding) {
        io.print(String.format(
                "%-5s %s", finding.grade().name().toLowerCase(Locale.ROOT), PlainText.of(finding.what())));
        if (!finding.advice().isEmpty()) {
            io.print("      -> " + PlainText.of(finding.advice()));
        }
    }

    private void print(List<Finding> findings) {
        ArrayNode all = Json.object().putArray("findings");
        for (Finding finding : findings) {
            all.addObject()
                    .put("grade", finding.grade().name())
                    .put("what", finding.what())
                    .put("advice", finding.advice());
        }
        io.print(Json.pretty(Json.object().set("findings", all)));
    }
}
