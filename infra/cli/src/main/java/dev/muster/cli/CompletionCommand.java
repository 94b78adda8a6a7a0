package dev.muster.cli;

import dev.muster.cli.console.CliIo;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A script that teaches bash and zsh the commands: {@code source <(infra/muster completion)}. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {"Print a completion script for bash and zsh.", "To use it: source <(infra/muster completion)"})
final class CompletionCommand implements Runnable {
    private final CliIo io;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    CompletionCommand(CliIo io) {
        this.io = io;
    }

    @Override
    public void run() {
        io.print(AutoComplete.bash("muster", spec.root().commandLine()));
    }
}
