package dev.muster.cli;

import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.client.ClientException;
import dev.muster.kit.kafka.TopicsException;
import dev.muster.kit.settings.BadSettingsException;
import dev.muster.local.data.StartFailure;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Reports each failure in one line. An unforeseen failure, a fault of Muster, is reported with its stack trace if
 * MUSTER_DEBUG is set.
 */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private static final int SUGGESTIONS_MAX = 2;

    private final CliIo io;
    private final int exitCode;

    Failures(CliIo io, int exitCode) {
        this.io = io;
        this.exitCode = exitCode;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        boolean ofTheCommand = command.endsWith(" run")
                && e instanceof UnmatchedArgumentException unmatched
                && unmatched.isUnknownOption();
        io.say(said(e)
                + (ofTheCommand ? "; what is meant for the command itself comes after `--`" : "")
                + " (see `infra/" + command + " --help`)");
        return exitCode;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        if (e instanceof CliIo.OutputClosed) {
            return CliIo.OutputClosed.EXIT_CODE;
        }
        boolean foreseen = e instanceof CliFailure
                || e instanceof ClientException
                || e instanceof StartFailure
                || e instanceof BadSettingsException
                || e instanceof TopicsException;
        io.say(foreseen ? oneLine(e.getMessage()) : "a fault of ours: " + oneLine(e.toString()));
        if (io.variables().containsKey("MUSTER_DEBUG")) {
            e.printStackTrace(io.err());
        }
        return exitCode;
    }

    private static String said(ParameterException e) {
        boolean isCommand = e.getCommandLine().getParent() == null
                && e instanceof UnmatchedArgumentException unmatched
                && !unmatched.isUnknownOption();
        if (!isCommand) {
            return oneLine(e.getMessage());
        }
        UnmatchedArgumentException unmatched = (UnmatchedArgumentException) e;
        List<String> suggestions = unmatched.getSuggestions();
        return "there is no command '" + unmatched.getUnmatched().get(0) + "'"
                + (suggestions.isEmpty()
                        ? ""
                        : "; did you mean "
                                + String.join(
                                        " or ", suggestions.subList(0, Math.min(SUGGESTIONS_MAX, suggestions.size())))
                                + "?");
    }

    private static String oneLine(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "no reason given" : text.replaceAll("\\s+", " ").strip();
    }
}
