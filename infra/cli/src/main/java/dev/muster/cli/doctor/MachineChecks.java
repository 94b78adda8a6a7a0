package dev.muster.cli.doctor;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.DirLock;
import dev.muster.local.data.LocalAddress;
import dev.muster.local.data.StartFailure;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** This machine and its data directory. */
final class MachineChecks {
    private static final long DISK_FREE_WANTED_BYTES = 2L << 30;
    private static final long FILES_WANTED = 4_096;

    private MachineChecks() {}

    static List<Finding> run(DataDir dir) {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("Java " + Runtime.version() + " at " + System.getProperty("java.home")));
        openFiles().ifPresent(findings::add);
        findings.add(holder(dir));
        if (Files.isDirectory(dir.root())) {
            permissions(dir).ifPresent(findings::add);
            disk(dir.root()).ifPresent(findings::add);
        }
        return findings;
    }

    private static Optional<Finding> openFiles() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
            long max = unix.getMaxFileDescriptorCount();
            return Optional.of(
                    max >= FILES_WANTED
                            ? Finding.ok("a process may open " + max + " files")
                            : Finding.warn(
                                    "a process may open only " + max + " files",
                                    "raise it with `ulimit -n` to at least " + FILES_WANTED));
        }
        return Optional.empty();
    }

    private static Finding holder(DataDir dir) {
        if (!Files.isDirectory(dir.root())) {
            return Finding.ok("the data directory " + dir.root() + " will be made by the first `up`");
        }
        Optional<LocalAddress> address = LocalAddress.read(dir.addressFile());
        try (DirLock free = dir.lock()) {
            return Finding.ok(
                    "the data directory " + dir.root() + " is free" + (free == null ? "" : "; nothing runs on it"));
        } catch (StartFailure inUse) {
            Optional<LocalAddress> broker = LocalAddress.read(dir.brokerAddressFile());
            if (address.isEmpty() && broker.isPresent()) {
                return Finding.ok("a broker alone runs on " + dir.root() + " as process "
                        + broker.get().pid() + ": " + broker.get().kafka());
            }
            return address.isPresent()
                    ? Finding.ok("Muster runs on " + dir.root() + " as process "
                            + address.get().pid() + ": " + address.get().url())
                    : Finding.warn(
                            String.valueOf(inUse.getMessage()), "it is starting or stopping; look again in a moment");
        }
    }

    private static Optional<Finding> permissions(DataDir dir) {
        Path key = dir.userTokenKey().path();
        try {
            if (!Files.exists(key)) {
                return Optional.empty();
            }
            Set<PosixFilePermission> all = Files.getPosixFilePermissions(key);
            boolean open =
                    all.contains(PosixFilePermission.GROUP_READ) || all.contains(PosixFilePermission.OTHERS_READ);
            return Optional.of(
                    open
                            ? Finding.bad("others can read the key " + key, "chmod 600 " + key)
                            : Finding.ok("only its owner can read the key " + key));
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.of(Finding.warn("cannot read the permissions of " + key, "check who may read it"));
        }
    }

    private static Optional<Finding> disk(Path root) {
        try {
            long free = Files.getFileStore(root).getUsableSpace();
            String said = (free >> 20) + " MiB are free for " + root;
            return Optional.of(
                    free >= DISK_FREE_WANTED_BYTES
                            ? Finding.ok(said)
                            : Finding.warn("only " + said, "free some space, or choose another --data-dir"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
