package dev.muster.local;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

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

    /** What the file says, if there is one and its process lives. */
    public static Optional<LocalAddress> read(Path file) {
        try {
            LocalAddress address = JSON.readValue(file.toFile(), LocalAddress.class);
            return ProcessHandle.of(address.pid()).isPresent() ? Optional.of(address) : Optional.empty();
        } catch (NoSuchFileException | java.io.FileNotFoundException nothingRuns) {
            return Optional.empty();
        } catch (IOException e) {
            throw new StartFailure("cannot read " + file + " (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    /** Replaces the file whole, so that nobody reads half of it. */
    public void write(Path file) {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        try {
            JSON.writeValue(draft.toFile(), this);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new StartFailure("cannot write " + file + " (" + DataDir.reason(e) + ")", e);
        }
    }
}
