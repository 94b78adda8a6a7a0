package dev.muster.agent.identity;

import dev.muster.agent.disk.Disk;
import dev.muster.agent.settings.AgentException;
import dev.muster.agent.settings.Reach;
import dev.muster.contract.ids.Ids;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;

/**
 * The agent's directory: identity, key pair, boot counter, journal and spool. Only its owner can read it, and only one
 * process at a time uses it.
 *
 * <pre>
 * identity.properties   node id, name, credential, gateway, key pair, instance id
 * boot                  number of starts
 * journal               tasks and their events
 * spool/                unacknowledged output
 * former/NODE/          journal and spool of a node that this directory was before
 * lock                  held while an agent runs
 * </pre>
 */
public final class StateDir implements AutoCloseable {
    private final Path dir;
    private final FileChannel lockChannel;
    private final Properties properties;

    private StateDir(Path dir, FileChannel lockChannel, Properties properties) {
        this.dir = dir;
        this.lockChannel = lockChannel;
        this.properties = properties;
    }

    /** Opens the directory, creates it if it is missing, and counts the start. */
    public static StateDir open(Path dir) throws AgentException {
        try {
            Files.createDirectories(dir);
            Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
            FileChannel channel =
                    FileChannel.open(dir.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!lock(channel)) {
                channel.close();
                throw new AgentException("another agent uses " + dir + ": stop it, or choose another --state-dir");
            }
            Properties properties = new Properties();
            Path file = dir.resolve("identity.properties");
            if (Files.exists(file)) {
                try (InputStream in = Files.newInputStream(file)) {
                    properties.load(in);
                }
            }
            StateDir state = new StateDir(dir, channel, properties);
            state.ensureKeys();
            state.setAsideFormer();
            return state;
        } catch (IOException e) {
            throw unusable(dir, e);
        } catch (GeneralSecurityException e) {
            throw new AgentException("cannot make a key pair for " + dir + ": " + e.getMessage(), e);
        }
    }

    /** Describes the directory's problem. */
    public static AgentException unusable(Path dir, IOException why) {
        return Disk.isFull(why)
                ? new AgentException(
                        "the disk of the state directory " + dir + " is full: make room, then start the agent again",
                        why)
                : new AgentException("cannot use the state directory " + dir + ": " + why.getMessage(), why);
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    public Path journal() {
        return dir.resolve("journal");
    }

    public Path spool() {
        return dir.resolve("spool");
    }

    /** Empty until the agent has joined. */
    public Optional<Identity> identity() {
        String nodeId = properties.getProperty("nodeId");
        if (nodeId == null) {
            return Optional.empty();
        }
        return Optional.of(new Identity(
                nodeId,
                properties.getProperty("name", ""),
                properties.getProperty("credential", ""),
                properties.getProperty("gateway", ""),
                instanceId()));
    }

    public String instanceId() {
        return properties.getProperty("instanceId", "");
    }

    /** Whether the identity was made from exactly this invite. */
    public boolean isJoinedBy(String invite) {
        return sha256(invite).equals(properties.getProperty("inviteSha256"));
    }

    /**
     * Stores the result of the join. If this directory belonged to another node before, that node's tasks and output
     * are set aside, because task numbers count per node.
     */
    public void joined(String nodeId, String name, String credential, String invite, Reach reach) throws IOException {
        String before = properties.getProperty("nodeId", nodeId);
        if (!before.equals(nodeId)) {
            properties.setProperty("former", before);
            properties.setProperty("instanceId", UUID.randomUUID().toString());
        }
        properties.setProperty("nodeId", nodeId);
        properties.setProperty("name", name);
        properties.setProperty("credential", credential);
        properties.setProperty("inviteSha256", sha256(invite));
        reach.write(properties);
        save();
        setAsideFormer();
    }

    /** How the gateway was reached when the agent joined; empty until then. */
    public Optional<Reach> reach() {
        return Reach.read(properties);
    }

    /** Also finishes a move that an earlier process began. */
    private void setAsideFormer() throws IOException {
        String former = properties.getProperty("former");
        if (former == null) {
            return;
        }
        Path aside = dir.resolve("former").resolve(former);
        for (int i = 2; Files.exists(aside.resolve("journal")); i++) {
            aside = aside.resolveSibling(former + "-" + i);
        }
        Files.createDirectories(aside);
        for (Path old : List.of(spool(), journal())) {
            if (Files.exists(old)) {
                Files.move(old, aside.resolve(old.getFileName()));
            }
        }
        properties.remove("former");
        save();
    }

    private static String sha256(String invite) {
        return HexFormat.of().formatHex(Ids.sha256(invite.getBytes(StandardCharsets.UTF_8)));
    }

    public KeyPair keyPair() {
        try {
            KeyFactory factory = KeyFactory.getInstance("Ed25519");
            return new KeyPair(
                    factory.generatePublic(new X509EncodedKeySpec(bytes("publicKey"))),
                    factory.generatePrivate(new PKCS8EncodedKeySpec(bytes("privateKey"))));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key pair in " + dir + " cannot be read", e);
        }
    }

    /** Counts this start of the process; never the same number twice. */
    public long nextBoot() throws IOException {
        Path file = dir.resolve("boot");
        long boot = Files.exists(file) ? Long.parseLong(Files.readString(file).strip()) + 1 : 1;
        Path temporary = dir.resolve("boot.new");
        try {
            write(temporary, boot);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            if (boot == 1) {
                throw e;
            }
            // a longer number overwrites the one before, which needs no space on a full disk
            write(file, boot);
        }
        return boot;
    }

    private static void write(Path file, long number) throws IOException {
        try (FileChannel out =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.DSYNC)) {
            out.write(ByteBuffer.wrap(Long.toString(number).getBytes(StandardCharsets.US_ASCII)));
        }
    }

    private void ensureKeys() throws IOException, GeneralSecurityException {
        if (properties.getProperty("privateKey") != null) {
            return;
        }
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        properties.setProperty("instanceId", UUID.randomUUID().toString());
        properties.setProperty(
                "privateKey",
                Base64.getEncoder().encodeToString(pair.getPrivate().getEncoded()));
        properties.setProperty(
                "publicKey", Base64.getEncoder().encodeToString(pair.getPublic().getEncoded()));
        save();
    }

    private void save() throws IOException {
        Path temporary = dir.resolve("identity.new");
        Files.deleteIfExists(temporary);
        Files.createFile(temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = Files.newOutputStream(temporary, StandardOpenOption.WRITE, StandardOpenOption.DSYNC)) {
            properties.store(out, "Muster agent. Secret: do not copy to another machine.");
        }
        Files.move(
                temporary,
                dir.resolve("identity.properties"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private byte[] bytes(String property) {
        return Base64.getDecoder().decode(properties.getProperty(property, ""));
    }

    @Override
    public void close() throws IOException {
        lockChannel.close();
    }
}
