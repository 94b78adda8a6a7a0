package dev.muster.cli.local;

import dev.muster.local.data.PrivateDirectory;
import java.nio.file.Path;

/**
 * Sends the log of this process into files of a directory; standard error keeps only errors. Must run before the first
 * logger is made.
 */
final class ServerLog {
    private ServerLog() {}

    static void into(Path directory) {
        PrivateDirectory.below(directory);
        System.setProperty("muster.log.dir", directory.toString());
        System.setProperty("logback.configurationFile", "logback-server.xml");
    }
}
