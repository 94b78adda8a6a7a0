package dev.muster.cli;

import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The output of {@code infra/muster} without arguments: its commands. */
@Command(
        name = "muster",
        mixinStandardHelpOptions = true,
        version = "muster 0.1.0",
        description = "The live registry and terminals of a fleet.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Commands that talk to a running Muster take --url or $MUSTER_URL, and $MUSTER_TOKEN;",
            "without them they find the one that runs on --data-dir and act as its admin.",
            "Standard output is data only; all else goes to standard error."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:it is done; `up` and `service`: stopped as asked",
            "1:`up` or `service` cannot start or go on; `doctor` found something bad; `run --selector`: not well everywhere",
            "125:a failure of Muster's own, in one line on standard error",
            "130:interrupted twice with Ctrl-C",
            "141:standard output was closed by its reader",
            "...:`run` and `shell` exit with the command's own code, 128+n where signal n ended it"
        })
final class RootCommand implements Runnable {
    private final CliIo io;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    RootCommand(CliIo io) {
        this.io = io;
    }

    @Override
    public void run() {
        io.err().print(spec.commandLine().getUsageMessage(CommandLine.Help.Ansi.OFF));
        throw new CliFailure("a command is missing");
    }
}
