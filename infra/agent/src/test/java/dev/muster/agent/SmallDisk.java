package dev.muster.agent;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A real file system of a few MiB that can be filled. A test that needs it is skipped if it cannot be mounted. */
public final class SmallDisk implements AutoCloseable {
    private final Path dir;

    private SmallDisk(Path dir) {
        this.dir = dir;
    }

    public static SmallDisk mount(Path dir, int kilobytes) throws Exception {
        return mount(dir, "size=" + kilobytes + "k");
    }

    /** With room for so many files and directories. */
    public static SmallDisk withFiles(Path dir, int count) throws Exception {
        // the directory itself is one
        return mount(dir, "size=1m,nr_inodes=" + (count + 1));
    }

    private static SmallDisk mount(Path dir, String size) throws Exception {
        Files.createDirectories(dir);
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", size, "tmpfs", dir.toString()),
                "no tmpfs can be mounted here: this needs root");
        return new SmallDisk(dir);
    }

    public Path dir() {
        return dir;
    }

    /** Takes all space except this many bytes, rounded down to pages. */
    public void fill(int but) throws IOException {
        Files.write(dir.resolve("spare"), new byte[but]);
        fill();
        Files.delete(dir.resolve("spare"));
    }

    /** Takes all space. */
    public void fill() throws IOException {
        byte[] page = new byte[4096];
        try (OutputStream out = Files.newOutputStream(dir.resolve("filler"))) {
            while (true) {
                out.write(page);
            }
        } catch (IOException expected) {
            if (!String.valueOf(expected.getMessage()).contains("No space left")) {
                throw expected;
            }
        }
    }

    public void makeRoom() throws IOException {
        Files.delete(dir.resolve("filler"));
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    }

    /** Files that are still open exist until they are closed. */
    @Override
    public void close() throws IOException {
        Process unused =
                new ProcessBuilder("umount", "-l", dir.toString()).inheritIO().start();
        unused.onExit().join();
    }
}
