package dev.muster.local.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Everything that a local Muster keeps, under one directory that only its owner can enter.
 *
 * <pre>
 * lock            held while {@code up} runs
 * address.json    where a running {@code up} answers
 * broker.json     where a running {@code service broker} answers
 * keys/           secrets, made on first need
 * broker/         the embedded broker's logs
 * registry/       state stores
 * demo/demo-N/    state of the demo agents
 * logs/           what the services log
 * </pre>
 */
public record DataDir(Path root) {
    public static final String VARIABLE = "MUSTER_DATA_DIR";

    /**
     * The names that Muster puts into the directory. A directory with any other entry is shared with something else.
     */
    private static final Set<String> NAMES = Set.of(
            "lock",
            "address.json",
            "address.json.new",
            "broker.json",
            "broker.json.new",
            "keys",
            "broker",
            "registry",
            "demo",
            "logs");

    public DataDir {
        root = root.toAbsolutePath().normalize();
    }

    /** The directory asked for, else that of {@code MUSTER_DATA_DIR}, else {@code ~/.muster}. */
    public static DataDir of(Optional<Path> asked, Map<String, String> variables, String home) {
        String fromVariable = variables.getOrDefault(VARIABLE, "");
        Path fallback = fromVariable.isBlank() ? Path.of(home, ".muster") : Path.of(fromVariable);
        return new DataDir(asked.orElse(fallback));
    }

    /** Creates the directory, or makes an existing one private. Throws {@link StartFailure} if that is impossible. */
    public DataDir create() {
        return create(line -> {});
    }

    /** @param say told when others could enter the directory until now */
    public DataDir create(Consumer<String> say) {
        PrivateDirectory.require(root, NAMES, say);
        for (Path part : List.of(keys(), broker(), registry(), root.resolve("demo"), logs())) {
            if (Files.isDirectory(part)) {
                PrivateDirectory.below(part);
            }
        }
        return this;
    }

    /** Takes the directory for this process, or throws {@link StartFailure} at once. */
    public DirLock lock() {
        return lock(line -> {});
    }

    /** @param say told when others could enter the directory until now */
    public DirLock lock(Consumer<String> say) {
        create(say);
        return DirLock.take(root.resolve("lock"), root);
    }

    /**
     * The Muster process that holds the directory, or is about to take or release it. Takes no lock, so it delays no
     * other process.
     */
    public Optional<Long> holder() {
        return DirLock.holder(root.resolve("lock"));
    }

    /** The HS256 key of user tokens; base64url of 32 random bytes in its file. */
    public SecretFile userTokenKey() {
        return new SecretFile(keys(), "user-token.key");
    }

    /** The key from which gateways make and check agents' credentials. */
    public SecretFile agentCredentialKey() {
        return new SecretFile(keys(), "agent-credential.key");
    }

    public Path addressFile() {
        return root.resolve("address.json");
    }

    /**
     * Where the broker of {@code service broker} answers. The format is that of {@link #addressFile}, but only the
     * broker's address is filled in.
     */
    public Path brokerAddressFile() {
        return root.resolve("broker.json");
    }

    public Path broker() {
        return root.resolve("broker");
    }

    public Path registry() {
        return root.resolve("registry");
    }

    public Path demo(String name) {
        return root.resolve("demo").resolve(name);
    }

    public Path logs() {
        return root.resolve("logs");
    }

    /**
     * Creates the parts of the data directory, each private whatever the umask is. Libraries write most of their
     * content, and libraries do not restrict permissions.
     */
    public void createParts() {
        List.of(broker(), registry(), root.resolve("demo"), logs()).forEach(PrivateDirectory::below);
    }

    private Path keys() {
        return root.resolve("keys");
    }

    static String reason(IOException e) {
        String name = e.getClass().getSimpleName().replace("Exception", "");
        return e.getMessage() == null ? name : name + " " + e.getMessage();
    }
}
