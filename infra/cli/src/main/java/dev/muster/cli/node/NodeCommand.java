package dev.muster.cli.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.cli.console.PlainText;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.ClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Commands about one node. */
@Command(name = "node", mixinStandardHelpOptions = true, description = "Create, show, change or remove one node.")
public final class NodeCommand implements Runnable {
    private static final String KEY =
            "Asked for again under the same key, it is not made twice: the answer is the same. Random unless given.";

    private final CliIo io;

    public NodeCommand(CliIo io) {
        this.io = io;
    }

    @Override
    public void run() {
        throw new CliFailure("node: one of create, show, set, invite, revoke, rm is missing");
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description =
                    "Create a node and an invite for its agent; or many nodes, with a line for each: name, tab, invite.")
    void create(
            @Mixin ConnectOptions connect,
            @Parameters(paramLabel = "NAME", arity = "0..*", description = "Names of the nodes to make.") @Nullable
                    List<String> names,
            @Option(
                            names = {"-f", "--file"},
                            paramLabel = "FILE",
                            description = "Names, one a line; - for standard input.")
                    @Nullable
                    String file,
            @Option(
                            names = {"-l", "--label"},
                            paramLabel = "K=V",
                            description = "A label; may repeat.")
                    @Nullable
                    Map<String, String> labels,
            @Option(
                            names = "--group",
                            paramLabel = "GROUP[:ROLE]",
                            description = "Who else may use it: view, watch, type, run or admin; run unless given.")
                    @Nullable
                    List<String> groups,
            @Option(names = "--key", paramLabel = "KEY", description = KEY) @Nullable String key,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FORMAT",
                            description = "json, or table, which is fields; table unless given.",
                            defaultValue = "table")
                    OutputFormat output) {
        List<String> all = new ArrayList<>(names == null ? List.of() : names);
        if (file != null) {
            all.addAll(NameList.read(file, System.in));
        }
        if (all.isEmpty()) {
            throw new CliFailure("node create: no name is given (see `infra/muster node create --help`)");
        }
        ObjectNode body = Json.object();
        ObjectNode labelValues = body.putObject("labels");
        if (labels != null) {
            labels.forEach(labelValues::put);
        }
        body.set("groups", groups(groups == null ? List.of() : groups));
        ApiClient api = connect.client();
        if (file != null || all.size() > 1) {
            new ManyNodes(api, io, output, orRandom(key)).create(all, body);
        } else {
            JsonNode made = make(api, "/api/v1/nodes", body.put("name", all.get(0)), orRandom(key));
            printInvite(made, output);
            warnOfNamesakes(api, all.get(0), made.path("node").path("nodeId").asText());
        }
    }

    @Command(name = "show", mixinStandardHelpOptions = true, description = "Show everything about a node.")
    void show(
            @Mixin ConnectOptions connect,
            @Parameters(paramLabel = "NODE", description = "Id or name.") String node,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FORMAT",
                            description = "json, or table, which is fields; table unless given.",
                            defaultValue = "table")
                    OutputFormat output) {
        ApiClient api = connect.client();
        print(api.get(path(api, node)).path("node"), output);
    }

    @Command(name = "set", mixinStandardHelpOptions = true, description = "Change a node.")
    void set(
            @Mixin ConnectOptions connect,
            @Parameters(paramLabel = "NODE", description = "Id or name.") String node,
            @Option(names = "--name", paramLabel = "NAME", description = "A new name.") @Nullable String name,
            @Option(
                            names = {"-l", "--label"},
                            paramLabel = "K=V",
                            description = "Set a label; may repeat.")
                    @Nullable
                    Map<String, String> labels,
            @Option(names = "--remove-label", paramLabel = "K", description = "Remove a label; may repeat.") @Nullable
                    List<String> removedLabels,
            @Option(
                            names = "--group",
                            paramLabel = "GROUP[:ROLE]",
                            description = "These groups instead of its present ones.")
                    @Nullable
                    List<String> groups,
            @Option(
                            names = "--enabled",
                            arity = "1",
                            paramLabel = "true|false",
                            description = "Whether agents may connect.")
                    @Nullable
                    Boolean enabled,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FORMAT",
                            description = "json, or table, which is fields; table unless given.",
                            defaultValue = "table")
                    OutputFormat output) {
        ObjectNode patch = Json.object();
        if (name != null) {
            patch.put("name", name);
        }
        if (labels != null || removedLabels != null) {
            ObjectNode labelValues = patch.putObject("labels");
            if (labels != null) {
                labels.forEach(labelValues::put);
            }
            if (removedLabels != null) {
                removedLabels.forEach(labelValues::putNull);
            }
        }
        if (groups != null) {
            patch.set("groups", groups(groups));
        }
        if (enabled != null) {
            patch.put("enabled", enabled.booleanValue());
        }
        if (patch.isEmpty()) {
            throw new CliFailure("node set: say what to change (see `infra/muster node set --help`)");
        }
        ApiClient api = connect.client();
        print(api.patch(path(api, node), patch).path("node"), output);
    }

    @Command(
            name = "invite",
            mixinStandardHelpOptions = true,
            description = "Make a new invite; the one before no longer works.")
    void invite(
            @Mixin ConnectOptions connect,
            @Parameters(paramLabel = "NODE", description = "Id or name.") String node,
            @Option(names = "--key", paramLabel = "KEY", description = KEY) @Nullable String key,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FORMAT",
                            description = "json, or table, which is fields; table unless given.",
                            defaultValue = "table")
                    OutputFormat output) {
        ApiClient api = connect.client();
        printInvite(make(api, path(api, node) + "/invites", Json.object(), orRandom(key)), output);
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Revoke the agent's credential and cut its connection.")
    void revoke(
            @Mixin ConnectOptions connect, @Parameters(paramLabel = "NODE", description = "Id or name.") String node) {
        ApiClient api = connect.client();
        api.delete(path(api, node) + "/credential");
    }

    @Command(
            name = "rm",
            mixinStandardHelpOptions = true,
            description = "Delete nodes, which cancels what runs on them.")
    void remove(
            @Mixin ConnectOptions connect,
            @Parameters(paramLabel = "NODE", arity = "1..*", description = "Ids or names.") List<String> nodes) {
        ApiClient api = connect.client();
        for (String path : nodes.stream().map(node -> path(api, node)).toList()) {
            api.delete(path);
        }
    }

    /**
     * Repeats the request under the key until an answer comes. If the user gives up, a message says how to repeat the
     * same request.
     */
    private static JsonNode make(ApiClient api, String path, ObjectNode body, String key) {
        try {
            return api.post(path, body.put("idempotencyKey", key), true);
        } catch (ApiException e) {
            throw e.status() < 500 ? e : new CliFailure(again(e, key), e);
        } catch (ClientException e) {
            throw new CliFailure(again(e, key), e);
        }
    }

    private static String again(RuntimeException e, String key) {
        return e.getMessage() + "; it may have been made: to ask again without making it twice, add --key " + key;
    }

    private static String orRandom(@Nullable String key) {
        return key == null ? UUID.randomUUID().toString() : key;
    }

    /** Names need not be unique, but a user who creates the same name twice seldom means it. */
    private void warnOfNamesakes(ApiClient api, String name, String nodeId) {
        List<String> others;
        try {
            others = NodeRef.named(api, name).stream()
                    .map(node -> node.path("nodeId").asText())
                    .filter(other -> !other.equals(nodeId))
                    .toList();
        } catch (ClientException | CliFailure e) {
            // the node was created, so a failed search for others with its name is no failure
            return;
        }
        if (!others.isEmpty()) {
            io.say("another node is already called '" + PlainText.of(name) + "' (" + others.get(0)
                    + "): from now on both must be named by id; for a new invite of that one: infra/muster node invite "
                    + others.get(0));
        }
    }

    private static String path(ApiClient api, String node) {
        return "/api/v1/nodes/" + NodeRef.resolve(api, node);
    }

    private static ArrayNode groups(List<String> asked) {
        ArrayNode groups = Json.object().putArray("groups");
        for (String group : asked) {
            int colon = group.indexOf(':');
            if (colon < 0) {
                groups.add(group);
            } else {
                groups.addObject().put("name", group.substring(0, colon)).put("role", group.substring(colon + 1));
            }
        }
        return groups;
    }

    private void printInvite(JsonNode answer, OutputFormat output) {
        if (output == OutputFormat.JSON) {
            io.print(Json.pretty(answer));
            return;
        }
        JsonNode invite = answer.path("invite");
        if (answer.path("node").hasNonNull("nodeId")) {
            field("node", answer.path("node").path("nodeId").asText());
        }
        field("invite", invite.path("token").asText());
        field("expires", invite.path("expiresAt").asText());
        field("join", invite.path("command").asText());
    }

    private void print(JsonNode node, OutputFormat output) {
        if (output == OutputFormat.JSON) {
            io.print(Json.pretty(node));
        } else {
            node.properties().forEach(entry -> {
                JsonNode value = entry.getValue();
                if (!value.isNull()) {
                    field(entry.getKey(), value.isValueNode() ? value.asText() : Json.line(value));
                }
            });
        }
    }

    private void field(String name, String value) {
        io.print(String.format("%-18s %s", name, PlainText.of(value)));
    }
}
