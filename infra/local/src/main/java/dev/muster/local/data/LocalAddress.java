package dev.muster.local.data;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where a running local Muster answers.
 *
 * @param url base of the HTTP API and the page
 * @param grpc {@code host:port} for agents
 * @param kafka bootstrap servers
 * @param pid its process
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record LocalAddress(String url, String grpc, String kafka, long pid) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * The address in the file, if the file exists and its process lives.
     *
     * @throws StartFailure if another user could have written the file: the token would be sent to whatever address it
     *     names
     */
    public static Optional<LocalAddress> read(Path file) {
        try {
            if (Files.exists(file)) {
                requireOurs(file);
            }
            LocalAddress address = JSON.readValue(file.toFile(), LocalAddress.class);
            return ProcessHandle.of(address.pid()).isPresent() ? Optional.of(address) : Optional.empty();
        } catch (NoSuchFileException | java.io.FileNotFoundException nothingRuns) {
            return Optional.empty();
        } catch (IOException e) {
            throw new StartFailure("cannot read " + file + " (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    /** The directory is checked as well: a user who can write to it can replace the file. */
    private static void requireOurs(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        for (Path path : directory == null ? List.of(file) : List.of(file, directory)) {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
            if (permissions.contains(PosixFilePermission.GROUP_WRITE)
                    || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new StartFailure("others can write to " + path + ", so the address in " + file
                        + " cannot be trusted: make it private with `chmod go-w`, or name the address with --url");
            }
        }
        // The key that signs the token lies in the same directory. An address from the directory's owner therefore
        // sends that owner nothing new.
        if (directory != null && !Files.getOwner(file).equals(Files.getOwner(directory))) {
            throw new StartFailure(
                    file
                            + " does not belong to the owner of its directory, so the address in it cannot be trusted: name the address with --url");
        }
    }

    /** Replaces the file in one step, so that no reader sees half of it. */
    public void write(Path file) {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        try {
            PrivateDirectory.file(draft);
            JSON.writeValue(draft.toFile(), this);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new StartFailure("cannot write " + file + " (" + DataDir.reason(e) + ")", e);
        }
    }
}
