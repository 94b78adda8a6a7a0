package dev.muster.bench.terminal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The npm package {@code strip-ansi}, installed for one run; if that fails, node's own copy of the same pattern. */
final class StripAnsi {

    static final String VERSION = "7.2.0";
    static final String PACKAGE_NAME = "npm strip-ansi " + VERSION;
    static final String BUILT_IN_NAME = "node's stripVTControlCharacters";

    private static final String SCRIPT = "strip.js";

    private StripAnsi() {}

    /**
     * @param directory an empty one, which becomes npm's prefix
     * @param secondsMax how long npm may take
     * @return nothing where node is not on this machine
     */
    static Optional<Contender> start(Path directory, int secondsMax) throws IOException {
        Path module = directory.resolve("node_modules").resolve("strip-ansi").resolve("index.js");
        if (install(directory, secondsMax) && Files.isRegularFile(module)) {
            Optional<Contender> installed = ProcessContender.start(
                    PACKAGE_NAME, SCRIPT, "node", "-e", module.toUri().toString());
            if (installed.isPresent()) {
                return installed;
            }
        }
        return ProcessContender.start(BUILT_IN_NAME, SCRIPT, "node", "-e");
    }

    private static boolean install(Path directory, int secondsMax) {
        try {
            Process npm = new ProcessBuilder(
                            "npm",
                            "install",
                            "--prefix",
                            directory.toString(),
                            "--ignore-scripts",
                            "--no-audit",
                            "--no-fund",
                            "strip-ansi@" + VERSION)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!npm.waitFor(secondsMax, TimeUnit.SECONDS)) {
                npm.descendants().forEach(ProcessHandle::destroyForcibly);
                npm.destroyForcibly().waitFor();
                return false;
            }
            return npm.exitValue() == 0;
        } catch (IOException e) {
            return false; // there is no npm here
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
