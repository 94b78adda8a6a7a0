package dev.muster.cli.local;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliIo;
import dev.muster.client.ApiClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Prints an address that signs one browser in. */
@Command(
        name = "open",
        mixinStandardHelpOptions = true,
        description = {
            "Print an address that signs one browser in, once, within a few minutes.",
            "As whom the token stands for, for as long as it is good; as the local admin without one."
        })
public final class OpenCommand implements Runnable {
    @Mixin
    final ConnectOptions connect;

    private final CliIo io;

    public OpenCommand(CliIo io) {
        this.io = io;
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public void run() {
        ApiClient api = connect.clientForSession();
        JsonNode made = api.post("/api/v1/signin-codes", Json.object(), false);
        io.print(api.base() + made.path("path").asText());
    }
}
