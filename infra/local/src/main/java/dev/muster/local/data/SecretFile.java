package dev.muster.local.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;

/** A secret of 32 random bytes, kept as one line of base64url that only its owner can read. */
public record SecretFile(Path directory, String name) {
    public static final int SECRET_BYTES = 32;

    public Path path() {
        return directory.resolve(name);
    }

    /** The secret; creates it if there is none. Several processes may ask at once: all get the same secret. */
    public byte[] readOrCreate(SecureRandom random) {
        try {
            if (!Files.exists(path())) {
                create(random);
            }
            byte[] secret = Base64.getUrlDecoder()
                    .decode(Files.readString(path(), StandardCharsets.US_ASCII).strip());
            if (secret.length < SECRET_BYTES) {
                throw new StartFailure("the key file " + path() + " is too short: delete it to get a new key");
            }
            return secret;
        } catch (IllegalArgumentException e) {
            throw new StartFailure("the key file " + path() + " is not base64url: delete it to get a new key", e);
        } catch (IOException e) {
            throw new StartFailure("cannot read or create the key file " + path() + " (" + DataDir.reason(e) + ")", e);
        }
    }

    private void create(SecureRandom random) throws IOException {
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        PrivateDirectory.below(directory);
        Path draft = Files.createTempFile(
                directory,
                ".key",
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(draft, Base64.getUrlEncoder().withoutPadding().encodeToString(secret) + "\n");
            // A hard link appears whole or not at all, and never replaces the key of a faster process.
            Files.createLink(path(), draft);
        } catch (FileAlreadyExistsException anotherWasFaster) {
            // The faster process's key counts.
        } finally {
            Files.delete(draft);
        }
    }
}
